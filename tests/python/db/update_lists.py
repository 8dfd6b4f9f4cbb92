"""Write the two lists of functions anew from the checkout: `PYTHONPATH=tests/python python -m db.update_lists`.

They are the definer functions (tests/db/lists) and the functions of the access matrix. Whoever runs it reads the
diff: a new line is a new right. Rows of tables stay with a person.
"""

import re

import psycopg

from db.matrix import FILE, GRANTEES
from db.scratch import ROOT, apply_code, run_ddl, running_cluster

DEFINER = ROOT / "tests" / "db" / "lists" / "definer_functions.psql"

FUNCTIONS = """
select
    n.nspname,
    format('%%s(%%s)', p.proname, (
        select string_agg(format_type(t.type, null), ',' order by t.i)
        from unnest(p.proargtypes) with ordinality as t (type, i)
    )),
    p.prosecdef,
    array(
        select r.rolname::text from pg_roles as r
        where r.rolname = any (%s) and has_function_privilege(r.oid, p.oid, 'execute') order by 1
    )
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
where
    n.nspname in ('public', 'private')
    and not exists (
        select from pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
"""


def main() -> None:
    """Build a database, ask its catalogue, write both files."""
    with running_cluster() as cluster:
        url = cluster.create("lists")
        run_ddl(url)
        apply_code(url)
        with psycopg.connect(url) as connection:
            rows = sorted(connection.execute(FUNCTIONS, [list(GRANTEES)]).fetchall())
    definer = "".join(f"    {schema}.{signature}\n" for schema, signature, is_definer, _ in rows if is_definer)
    DEFINER.write_text(re.sub(r"(\$list\$\n).*(\$list\$)", rf"\g<1>{definer}\g<2>", DEFINER.read_text(), flags=re.S))
    text = FILE.read_text()
    for schema in ("public", "private"):
        lines = "".join(f'"{short}" = "{" ".join(roles)}"\n' for name, short, _, roles in rows if name == schema)
        before, head, after = text.partition(f"[functions.{schema}]\n")
        text = before + head + lines + re.sub(r'^(?:".*\n)*', "", after)
    FILE.write_text(text)


if __name__ == "__main__":
    main()
