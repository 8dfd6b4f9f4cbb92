"""GET /api/deployments/{id}/export/csv: bytes as export.md promises them."""

from __future__ import annotations

import uuid

import httpx

from gateway_api.export_lab import Lab

HEADER = b"trial_number,started_at,ended_at,reaction_time,correct"
TIMES = b"2026-03-01T09:00:00.500Z,2026-03-01T09:00:01.250Z"


def test_a_run_without_trials_has_a_header(lab: Lab) -> None:
    run = lab.run()
    answer = run.get()
    assert answer.status_code == 200
    assert answer.content == HEADER + b"\r\n"
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="deployment_{run.deployment_id}_results.csv"'
    )


def test_the_seeds_example(lab: Lab) -> None:
    run = lab.run().add(
        {
            "seq": 1,
            "reaction_time": 345.6,
            "correct": True,
            "response": {"key_pressed": "space"},
            "custom_data": {"stimulus_name": "image_01.png"},
        }
    )
    assert run.bytes() == (
        HEADER + b",response_key_pressed,custom_stimulus_name\r\n1," + TIMES + b",345.6,true,space,image_01.png\r\n"
    )


def test_values_of_every_kind(lab: Lab) -> None:
    run = lab.run().add(
        {
            "seq": 1,
            "response": "left",
            "custom_data": {
                "b": {"c": {"d": {"e": 1, "f": [1, "x, y: z"]}}},
                "a.b": "dot",
                "a": {"b": "nested"},
                "list": [1, {"k": "v: w"}, None],
                "empty": "",
                "nothing": None,
                "quote": 'say "hi"',
                "line": "one\r\ntwo",
                "ä": "π — 猫 😀",
                "hollow": {},
            },
        },
        {"seq": 2, "trial_number": 2, "response": {"key": "right"}, "custom_data": {"a": 7, "n": 0.1}},
    )
    assert run.bytes().decode() == (
        HEADER.decode() + ",response,response_key,custom_a,custom_a.b,custom_a\\.b,custom_b.c.d,custom_empty,"
        "custom_hollow,custom_line,custom_list,custom_n,custom_nothing,custom_quote,custom_ä\r\n"
        f"1,{TIMES.decode()},,,left,,,nested,dot,"
        '"{""e"":1,""f"":[1,""x, y: z""]}","",{},"one\r\ntwo","[1,{""k"":""v: w""},null]",,,"say ""hi""",π — 猫 😀\r\n'
        f"2,{TIMES.decode()},,,,right,7,,,,,,,,0.1,,,\r\n"
    )


def test_formulas_are_defused_and_numbers_left_alone(lab: Lab) -> None:
    texts = ["=1+1", "+cmd", "-", "-5", "@x", "\tx", "\rx", "\nx", "-5.5e3", "5-5", "'q"]
    run = lab.run().add(
        *({"seq": n, "trial_number": n, "custom_data": {"t": text, "n": -5}} for n, text in enumerate(texts, 1))
    )
    wanted = ["'=1+1", "'+cmd", "'-", "-5", "'@x", "'\tx", "'\rx", "'\nx", "-5.5e3", "5-5", "'q"]
    assert [row["custom_t"] for row in run.rows()] == wanted
    assert {row["custom_n"] for row in run.rows()} == {"-5"}
    assert [row["custom_t"] for row in run.rows(raw=1)] == texts


def test_formulas_among_values_of_other_types(lab: Lab) -> None:
    run = lab.run().add(
        {"seq": 1, "trial_number": 1, "custom_data": {"t": "=1", "list": ["=1"]}},
        {"seq": 2, "trial_number": 2, "custom_data": {"t": -1, "list": "-x"}},
    )
    assert [(row["custom_t"], row["custom_list"]) for row in run.rows()] == [("'=1", '["=1"]'), ("-1", "'-x")]


def test_numbers_in_their_shortest_form(lab: Lab) -> None:
    text = [
        "1.0",
        "100",
        "0.10",
        "1e3",
        "1e-7",
        "1e22",
        "123456789012345678901",
        "0.30000000000000004",
        "-0.0",
        "1.5e300",
    ]
    run = lab.run()
    for n, number in enumerate(text, 1):
        lab.world.sql(
            "insert into public.trial_results (company_id, deployment_id, device_id, seq, trial_number, started_at,"
            " ended_at, custom_data, content_sha256)"
            " values (%s, %s, %s, %s, %s, now(), now(), %s::jsonb, '')",
            lab.world.company_a,
            run.deployment_id,
            run.device_id,
            n,
            n,
            f'{{"n": {number}}}',
        )
    got = [row["custom_n"] for row in run.rows()]
    assert got == [
        "1",
        "100",
        "0.1",
        "1000",
        "1e-07",
        "1e+22",
        "123456789012345678901",
        "0.30000000000000004",
        "0",
        "1.5e+300",
    ]


def test_rows_in_their_order_newest_revision_only(lab: Lab) -> None:
    run = lab.run().add(
        {"seq": 3, "trial_number": 1, "custom_data": {"v": "third"}},
        {"seq": 2, "trial_number": 2, "custom_data": {"v": "old"}},
        {"seq": 1, "trial_number": 2, "custom_data": {"v": "first"}},
        {"seq": 2, "rev": 2, "trial_number": 2, "custom_data": {"v": "new"}},
        {"seq": 4, "kind": "entry", "trial_number": 0, "custom_data": {"w": 1}},
    )
    assert [row["custom_v"] for row in run.rows()] == ["third", "first", "new"]
    assert "custom_w" not in run.rows()[0]
    assert [row["custom_v"] for row in run.rows(entries=1)] == ["", "third", "first", "new"]


def test_full_names_and_a_byte_order_mark(lab: Lab) -> None:
    run = lab.run().add({"response": {"k": 1}, "custom_data": {"x": 1}})
    assert run.bytes(names="full", bom=1).startswith(b"\xef\xbb\xbf" + HEADER + b",response_k,custom_data_x\r\n")


def test_same_data_same_bytes(lab: Lab) -> None:
    run = lab.run().add(*({"trial_number": n % 3, "custom_data": {"n": n}} for n in range(50)))
    assert run.bytes() == run.bytes()


def test_a_run_that_goes_on_is_partial(lab: Lab) -> None:
    run = lab.run("running")
    assert f"deployment_{run.deployment_id}_results_partial.csv" in run.get().headers["content-disposition"]


def test_who_may_read(lab: Lab) -> None:
    run = lab.run().add({})
    url = f"{lab.world.url}/api/deployments/{run.deployment_id}/export/csv"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer no"}).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {lab.world.anon_key}"}).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {lab.world.key('device')}"}).status_code == 403
    other = run.get(who=lab.world.member_b)
    assert other.status_code == 404
    assert other.json()["code"] == "L0003"
    absent = httpx.get(
        f"{lab.world.url}/api/deployments/{uuid.uuid4()}/export/csv",
        headers={"Authorization": f"Bearer {lab.token(lab.world.member_a)}"},
    )
    assert (absent.status_code, absent.json()) == (404, other.json())
    assert run.get(names="long").status_code == 422
    lab.world.sql("update public.users set role = 'viewer' where user_id = %s", lab.world.member_a.user_id)
    try:
        assert run.get().status_code == 200
    finally:
        lab.world.sql("update public.users set role = 'member' where user_id = %s", lab.world.member_a.user_id)
