-- Lint, read from the catalogue: functions and triggers. Every failure names the offender and what to write.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(14);

create temporary view fn as
select
    p.oid, n.nspname as sch, p.proname, p.prosecdef, p.proconfig, p.proacl, p.proowner, p.prosqlbody, p.prorettype, l.lanname,
    case when p.pronargs = 1 then p.proargtypes[0] end as row_type,
    coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body,
    format(
        '%s.%s(%s)', n.nspname, p.proname,
        (select string_agg(format_type(t.type, null), ',' order by t.i) from unnest(p.proargtypes) with ordinality as t (type, i))
    ) as sig
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
join pg_language as l on l.oid = p.prolang
where
    n.nspname in ('public', 'private') and p.prokind in ('f', 'p')
    and not exists (select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

create temporary table definer_functions (signature text primary key) on commit drop;
\ir lists/definer_functions.psql

select is_empty(
    $$ select format('%s: set search_path = ''''', sig) from fn
       where prosqlbody is null and not coalesce(proconfig, '{}') @> array['search_path=""'] order by 1 $$,
    'every function has set search_path = '''' (or a body bound at creation)'
);

select is_empty(
    $$ select format('add to tests/db/lists/definer_functions.psql, in order of the alphabet:  %s', sig) from fn
       where prosecdef and sig not in (select signature from definer_functions) order by 1 $$,
    'every definer function is on the list that reviewers read'
);

select is_empty(
    $$ select format('remove from tests/db/lists/definer_functions.psql:  %s', signature) from definer_functions
       where signature not in (select sig from fn where prosecdef) order by 1 $$,
    'the list of definer functions names nothing that is gone'
);

select is_empty(
    $$ select format('%s: begin with private.require_role(…), or refuse by another private.require_…/verify_… or auth.uid()', sig) from fn
       where
           prosecdef and sch = 'public'
           and exists (
               select from unnest(array['anon', 'authenticated', 'device']) as r (rolname) where has_function_privilege(r.rolname, fn.oid, 'execute')
           )
           and body !~ '(private\.(require|verify|check|is_super_admin)|get_active_company_id\(|auth\.uid\(|auth\.jwt\()'
       order by 1 $$,
    'every definer function that people or devices may call asks who calls'
);

select is_empty(
    $$ select format('%s: revoke all on function %1$s from public', sig) from fn
       where exists (
           select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as a where a.grantee = 0
       ) order by 1 $$,
    'PUBLIC executes none of our functions'
);

select is_empty(
    $$ select format('%s: comment on function %1$s is …', sig) from fn
       where coalesce(obj_description(oid, 'pg_proc'), '') = '' order by 1 $$,
    'every function has a comment'
);

select is_empty(
    $$ select format('%s: name it guard_… or refuse_… (may only raise), emit_… or push_… (may only push)', sig) from fn
       where prorettype in ('trigger'::regtype, 'event_trigger'::regtype) and proname !~ '^(guard|refuse|emit|push)_' order by 1 $$,
    'trigger functions are guards and pushes, nothing else'
);

select is_empty(
    $$ select format('%s: a trigger function writes no table; write it in the function that changes the row', sig) from fn
       where
           prorettype in ('trigger'::regtype, 'event_trigger'::regtype)
           and regexp_replace(body, '--[^\n]*', '', 'g')
           ~* '\m(insert\s+into|update\s+[a-z_."]+\s+(as\s+\w+\s+)?set|delete\s+from|merge\s+into)\M'
       order by 1 $$,
    'no correctness lives in triggers'
);

select is_empty(
    $$ select format('trigger %s on %s calls %s: use a guard_… or emit_… function of ours', t.tgname, t.tgrelid::regclass, t.tgfoid::regproc)
       from pg_trigger as t
       join pg_class as c on c.oid = t.tgrelid
       where
           not t.tgisinternal and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
           and t.tgfoid not in (select oid from fn) order by 1 $$,
    'triggers on our tables call our functions'
);

select is_empty(
    $$ select format('%s: language %s', sig, lanname) from fn where lanname not in ('sql', 'plpgsql') order by 1 $$,
    'only sql and plpgsql'
);

select is_empty(
    $$ select format('%s: %s overloads; give each its own name, PostgREST cannot tell them apart', proname, count(*)) from fn
       where
           sch = 'public'
           -- a computed column is a function of a row: one a table is no overload
           and not exists (select from pg_type as t where t.oid = row_type and t.typrelid <> 0)
       group by proname having count(*) > 1 order by 1 $$,
    'no overloads in public'
);

select is_empty(
    $$ select format('%s: the owner is %s, not %s', sig, proowner::regrole, current_user) from fn
       where proowner <> current_user::regrole order by 1 $$,
    'every function belongs to the owner'
);

-- Plain functions once, trigger functions once for each table they stand on, with the names of its transition tables.
create temporary view checked as
select
    fn.sig, coalesce(t.tgrelid, 0) as rel, coalesce(t.tgoldtable, '') as oldtable, coalesce(t.tgnewtable, '') as newtable, fn.oid
from fn
left join pg_trigger as t on t.tgfoid = fn.oid and not t.tgisinternal
where fn.lanname = 'plpgsql' and (fn.prorettype <> 'trigger'::regtype or t.oid is not null);

select is_empty(
    $$ select distinct format('%s%s, line %s, %s: %s %s', k.sig, case when k.rel <> 0 then ' on ' || k.rel::regclass end, c.lineno, c.level, c.message, c.detail)
       from checked as k
       cross join lateral extensions.plpgsql_check_function_tb(
           k.oid, k.rel, fatal_errors => false, performance_warnings => true, security_warnings => true,
           oldtable => nullif(k.oldtable, ''), newtable => nullif(k.newtable, '')
       ) as c
       -- more volatile than needed is a choice: a writer, or what must be POST only
       where
           c.message !~ '^routine is marked as (VOLATILE|STABLE, should be IMMUTABLE)'
           -- a literal as a default, such as uuid[] := '{}'
           and c.detail is distinct from format('cast "text" value to "%s" type', substring(c.detail from 'to "(uuid\[\]|jsonb|text\[\])" type'))
       order by 1 $$,
    'plpgsql_check finds nothing'
);

select is_empty(
    $$ select format('%s: a trigger function that no trigger calls', sig) from fn
       where prorettype = 'trigger'::regtype and not exists (select from pg_trigger as t where t.tgfoid = fn.oid) order by 1 $$,
    'every trigger function stands on a table'
);

select * from finish();
rollback;
