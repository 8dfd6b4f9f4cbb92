-- Lint, read from the catalogue: row level security. Every failure names the offender and what to write.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(9);

-- Relations of ours: tables, partitioned tables, views.
create temporary view rel as
select c.oid, n.nspname as sch, c.relname as rel, c.relkind as kind, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl, c.relowner
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname in ('public', 'private')
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');

-- Our policies, wherever they stand: the platform's schemas have ours only.
create temporary view pol as
select
    p.oid, p.polrelid, n.nspname as sch, c.relname as rel, p.polname, p.polcmd, p.polpermissive, p.polroles,
    coalesce(pg_get_expr(p.polqual, p.polrelid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as expr
from pg_policy as p
join pg_class as c on c.oid = p.polrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname <> 'cron'; -- pg_cron brings its own

-- The expression without what stands inside `( SELECT … )`, which PostgreSQL evaluates once a query.
create function pg_temp.outside_select(p_expr text) returns text
language plpgsql
as $$
declare
    v_out text := p_expr;
    v_from int;
    v_depth int;
    v_at int;
begin
    loop
        v_from := position('( SELECT ' in v_out);
        exit when v_from = 0;
        v_depth := 0;
        v_at := v_from;
        loop
            v_depth := v_depth + case substr(v_out, v_at, 1) when '(' then 1 when ')' then -1 else 0 end;
            exit when v_depth = 0 or v_at > length(v_out);
            v_at := v_at + 1;
        end loop;
        v_out := left(v_out, v_from - 1) || '<once>' || substr(v_out, v_at + 1);
    end loop;
    return v_out;
end;
$$;

select is_empty(
    $$ select format('%s.%s: write policies/%s.sql with `alter table … enable row level security; … force row level security`', sch, rel, rel)
       from rel where kind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity) order by 1 $$,
    'row level security is enabled and forced on every table'
);

select is_empty(
    $$ select format('%s.%s: create the view `with (security_invoker = true)`', sch, rel)
       from rel where kind = 'v' and not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']
       order by 1 $$,
    'every view is security_invoker (lesson 69)'
);

select is_empty(
    $$ select format('%s.%s: a materialized view or foreign table knows no row level security; use a table', sch, rel)
       from rel where kind in ('m', 'f') order by 1 $$,
    'nothing that row level security cannot protect'
);

select is_empty(
    $$ select format('%s.%s, policy "%s": wrap the call as (select f()); outside of it stands %s', sch, rel, polname, pg_temp.outside_select(expr))
       from pol
       -- storage.foldername takes the row's own name, so it cannot be asked once a query
       where regexp_replace(pg_temp.outside_select(expr), 'storage\.foldername\(', '', 'g') ~ '[a-z0-9_"]\('
       order by 1 $$,
    'no policy calls a function outside (select …)'
);

select is_empty(
    $$ select format('%s.%s: %s policies for %s; write one policy a command', sch, rel, count(*), polcmd) from pol
       group by sch, rel, polcmd having count(*) > 1 or polcmd = '*' order by 1 $$,
    'one policy per command and table, none for all commands'
);

select is_empty(
    $$ select format('%s.%s, policy "%s": write `to <role>`, permissive', sch, rel, polname) from pol
       where not polpermissive or 0 = any (polroles) order by 1 $$,
    'every policy is permissive and names its roles'
);

select is_empty(
    $$ select format('%s.%s, policy "%s" reads %s: use a definer helper, as (select private.f())', p.sch, p.rel, p.polname, d.refobjid::regclass)
       from pol as p
       join pg_depend as d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
       where d.refclassid = 'pg_class'::regclass and d.refobjid <> p.polrelid order by 1 $$,
    'no policy reads another table (lesson 70: recursion)'
);

select is_empty(
    $$ select distinct format('%s.%s.%s, used by policy "%s": create an index that begins with it', p.sch, p.rel, a.attname, p.polname)
       from pol as p
       join pg_depend as d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
           and d.refclassid = 'pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
       join pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       where
           p.sch in ('public', 'private')
           and not exists (
               select from pg_index as i where i.indrelid = d.refobjid and i.indkey[0] = d.refobjsubid and i.indpred is null and i.indisvalid
           )
       order by 1 $$,
    'every policy column leads an index'
);

select is_empty(
    $$ select distinct format('%s.%s: revoke all … from public%s', r.sch, r.rel, case when a.grantee <> 0 then ', ' || a.grantee::regrole::text end)
       from rel as r
       cross join aclexplode(coalesce(r.relacl, acldefault('r', r.relowner))) as a
       where
           a.grantee = 0
           or (r.sch = 'private' and a.grantee <> r.relowner)
           or (a.grantee = any (array['anon', 'edge', 'device']::regrole[]::oid[]) and r.kind <> 'v')
           or (a.grantee <> r.relowner and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER'))
       order by 1 $$,
    'no table is granted to PUBLIC, anon, edge or device; nothing in private to anybody; no truncate, references, trigger'
);

select * from finish();
rollback;
