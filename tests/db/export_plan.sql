-- Exports: the plan of columns, the statement that is made from it, codebook and manifest.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(30);
\ir fixtures/deploys.psql

-- A trial of run d1 (rig c1) with these values.
create function pg_temp.put(p_seq int, p_response jsonb, p_custom jsonb, p_more jsonb default '{}') returns setof text
language sql
as $$
    select r.reason from private.ingest_trials(jsonb_build_array(
        pg_temp.trial(p_seq, jsonb_build_object('response', p_response, 'custom_data', p_custom) || p_more)), '2026-03-01T10:00:00Z') as r
$$;
create function pg_temp.names(p_options jsonb default '{}') returns text
language sql
as $$
    select string_agg(c.value ->> 'name' || ':' || (c.value ->> 'kind'), ' ' order by c.ord)
    from jsonb_array_elements(private.export_plan(pg_temp.id('d1'), p_options) -> 'columns') with ordinality as c (value, ord)
    where c.ord > 5
$$;
create function pg_temp.lines(p_options jsonb default '{}', p_form text default 'line') returns setof text
language plpgsql
as $$
begin
    return query execute private.export_statement(private.export_plan(pg_temp.id('d1'), p_options), p_form);
end;
$$;

-- who
select pg_temp.be('authenticated', 'b1');
select throws_ok($$ select private.export_plan(pg_temp.id('d1')) $$, 'L0003', null, 'another company''s admin: not found');
select throws_ok($$ select private.export_manifest(pg_temp.id('d1'), '{}', '{}', '[]') $$, 'L0003', null, 'nor a manifest');
select throws_ok($$ select public.export_deployment_csv(pg_temp.id('d1')) $$, 'L0003', null, 'nor a file');
select is(private.run_counts('0f000000-0000-7000-8000-00000000000a', pg_temp.id('d1'), 5), null, 'nor counts');
select pg_temp.be('authenticated', '99');
select throws_ok($$ select private.export_begin(pg_temp.id('d1')) $$, 'L0001', null, 'nobody: not signed in');
select pg_temp.be('authenticated', 'a3');
select is(private.export_header(private.export_plan(pg_temp.id('d1'))), 'trial_number,started_at,ended_at,reaction_time,correct', 'a viewer gets the header of no trials');
select is(public.export_deployment_csv(pg_temp.id('d1'))::text, e'trial_number,started_at,ended_at,reaction_time,correct\r\n', 'and the file');
select is(jsonb_array_length(private.export_codebook(private.export_plan(pg_temp.id('d1'))) -> 'columns'), 5, 'and a codebook');

-- columns
select pg_temp.be('lics_owner');
select is_empty($$ select pg_temp.put(1, '{"key": "a", "rt": 1}', '{"b": 1, "a.b": "x", "a": {"b": "y", "c": {"d": {"e": 1}}}}') $$, 'stored');
select pg_temp.be('authenticated', 'a3');
select is(pg_temp.names(), 'response_key:string response_rt:number custom_a.b:string custom_a.c.d:json custom_a\.b:string custom_b:number',
    'nested keys join with a dot, a dot in a key is escaped, the fourth level is JSON, sorted by codepoint');
select is(pg_temp.names('{"names": "full"}'), 'response_key:string response_rt:number custom_data_a.b:string custom_data_a.c.d:json custom_data_a\.b:string custom_data_b:number', 'full names');
select pg_temp.be('lics_owner');
select is_empty($$ select pg_temp.put(2, '"left"', '{"b": true, "a": 5, "z": null, "a\\.b": 1}', '{"trial_number": 1}') $$, 'stored');
select pg_temp.be('authenticated', 'a3');
select is(pg_temp.names(), 'response:json response_key:string response_rt:number custom_a:json custom_a.b:string custom_a.c.d:json custom_a\.b:string '
    'custom_a\\\.b:number custom_b:json custom_z:null', 'the union over all trials; a place of several types is json; no two places share a name');
select results_eq($$ select pg_temp.lines() $$, array[
    '1,2026-03-01T09:00:00.000Z,2026-03-01T09:00:01.000Z,345.6,true,,a,1,,y,"{""e"":1}",x,,1,',
    '1,2026-03-01T09:00:00.000Z,2026-03-01T09:00:01.000Z,345.6,true,left,,,5,,,,1,true,'], 'rows by number, then seq; an object that has columns is no cell');
select is((select l::jsonb ->> 'custom_a' from pg_temp.lines(p_form => 'jsonl') as l limit 1), null, 'nor in JSON Lines');

-- what a sample does not show is found
select pg_temp.be('lics_owner');
select is_empty($$ select pg_temp.put(n, to_jsonb(n), jsonb_build_object('k' || n, n, 'deep', jsonb_build_object('k' || n, n))) from generate_series(3, 12) as n $$, 'ten trials with keys of their own');
select pg_temp.be('authenticated', 'a3');
select set_eq($$ select k ->> 'root' as root, k -> 'path' as path from jsonb_array_elements(private.export_paths('0f000000-0000-7000-8000-00000000000a', pg_temp.id('d1'), false, 1)) as k $$,
    $$ select k ->> 'root' as root, k -> 'path' as path from jsonb_array_elements(private.export_paths('0f000000-0000-7000-8000-00000000000a', pg_temp.id('d1'), false)) as k $$,
    'a sample of one row finds every place as well');
select is((select count(*)::int from jsonb_array_elements(private.export_plan(pg_temp.id('d1')) -> 'columns') as c where c ->> 'name' ~ '^custom_(deep\.)?k'), 20, 'all twenty');

-- rows
select is((select count(*)::int from pg_temp.lines()), 12, 'a row a trial');
select pg_temp.be('lics_owner');
select is_empty($$ select pg_temp.put(1, '"new"', '{"b": 2}', '{"rev": 2}') $$, 'a correction');
select is_empty($$ select pg_temp.put(13, null, '{"only_entry": 1}', '{"kind": "entry"}') $$, 'an entry');
select pg_temp.be('authenticated', 'a3');
select is((select count(*)::int from pg_temp.lines()), 12, 'the newest rev only, no entry');
select ok(pg_temp.names() !~ 'only_entry' and pg_temp.names() !~ 'response_rt' and pg_temp.names('{"entries": true}') ~ 'only_entry', 'nor their columns');

-- cells
select results_eq($$ select private.export_number(n) from unnest('{1.50, 0.00001, 1e25, 1e-400, -0.0, 12345678901234567890.5}'::numeric[]) as n $$,
    array['1.5', '1e-05', '1e+25', trim_scale(1e-400)::text, '0', '12345678901234567890.5'], 'numbers in their shortest form, no digit lost');
select results_eq($$ select private.is_formula(t) from unnest(array['=1', '+a', '-', '@x', e'\tx', e'\rx', e'\nx', '-5', '+.5e-3', '-5.', '5-5', 'a=1', '', null]) as t $$,
    array[true, true, true, true, true, true, true, false, false, false, false, false, false, false], 'what a spreadsheet would run');
select is(private.compact_json('{"a": [1, 2, {"b, c": "d: \"e, \\", "f": null}]}'), '{"a":[1,2,{"f":null,"b, c":"d: \"e, \\"}]}', 'no spaces but those in strings');

-- codebook and manifest
select is((select c - 'description' from jsonb_array_elements(private.export_codebook(private.export_plan(pg_temp.id('d1'))) -> 'columns') as c where c ->> 'name' = 'custom_k3'),
    '{"name": "custom_k3", "source": "custom_data.k3", "type": "number", "unit": null, "count": 1, "missing": 11, "distinct": [3], "min": 3, "max": 3}', 'a column of the codebook');
select pg_temp.be('lics_owner');
delete from private.deployment_streams where deployment_id = pg_temp.id('d1');
insert into private.deployment_streams (company_id, deployment_id, have, received) values ('0f000000-0000-7000-8000-00000000000a', pg_temp.id('d1'), '{[1,3),[5,6),[9,11)}', 5);
select pg_temp.be('authenticated', 'a3');
select is(private.run_counts('0f000000-0000-7000-8000-00000000000a', pg_temp.id('d1'), 12), '{"received": 5, "duplicates": 0, "conflicts": 0, "gaps": 7, "missing": [[3, 4], [6, 8], [11, 12]]}', 'gaps up to the last seq that was said');
select is(private.run_counts('0f000000-0000-7000-8000-00000000000a', pg_temp.id('d1'), null) -> 'gaps', '5', 'or that came');
select results_eq($$ select m -> 'complete', m -> 'status', m #> '{counts,entries}', m #> '{counts,revised}', m #> '{counts,late}' from private.export_manifest(pg_temp.id('d1'), '{}', '{}', '[]') as m $$,
    $$ values ('false'::jsonb, '"completed"'::jsonb, '1'::jsonb, '1'::jsonb, '13'::jsonb) $$, 'a manifest');

select * from finish();
rollback;
