-- Lint, read from the catalogue: the errors our functions raise. Every failure names the offender and what to write.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(5);

create temporary view fn as
select p.oid, p.oid::regprocedure as sig, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body
from pg_proc as p
where
    p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.prokind in ('f', 'p')
    and not exists (select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

select is_empty(
    $$ select distinct format('%s raises %s: add it to sql/errors/error_codes.sql, then run python -m lics.error_codes', sig, m.name[1])
       from fn
       cross join regexp_matches(body, $re$private\.fail\(\s*'([^']*)'$re$, 'g') as m (name)
       where m.name[1] not in (select e.name from private.error_codes as e) order by 1 $$,
    'every name given to private.fail is one of our errors'
);

select is_empty(
    $$ select distinct format('%s: %s becomes 500 or is retried without end; raise one of our errors', sig, m.hit[1])
       from fn
       cross join regexp_matches(
           body, $re$(errcode\s*=\s*'(?:P0002|55P03|40001|40P01)'|sqlstate\s+'(?:P0002|55P03|40001|40P01)'|$re$
           || $re$errcode\s*=\s*'(?:no_data_found|lock_not_available|serialization_failure|deadlock_detected)'|$re$
           || $re$raise\s+(?:no_data_found|lock_not_available|serialization_failure|deadlock_detected))$re$, 'gi'
       ) as m (hit)
       order by 1 $$,
    'nobody raises P0002, 55P03 or 40001'
);

select is_empty(
    $$ select distinct format('%s: `into strict` raises P0002 and `nowait` 55P03; test `found`, or skip locked', sig) from fn
       where
           -- inside, both are assertions that nobody is meant to see
           exists (
               select from unnest(array['anon', 'authenticated', 'device']) as r (rolname) where has_function_privilege(r.rolname, fn.oid, 'execute')
           )
           and regexp_replace(body, '--[^\n]*', '', 'g') ~* '(\minto\s+strict\M|\mnowait\M)' order by 1 $$,
    'what people and devices call raises them not even without writing them'
);

select is_empty(
    $$ select distinct format('%s: raise by name, with private.fail(…), not SQLSTATE %s', sig, m.code[1])
       from fn
       cross join regexp_matches(body, $re$(?:errcode\s*=\s*|sqlstate\s+)'(L[0-9A-Z]{4})'$re$, 'g') as m (code)
       where sig <> 'private.fail(text,text)'::regprocedure
       and body !~ $re$when\s+sqlstate\s+'L$re$
       and m.code[1] not in (select e.code from private.error_codes as e) order by 1 $$,
    'a SQLSTATE of ours that is written out is one of our errors'
);

select is_empty(
    $$ select format('%s (%s): lower case, no values, no full stop', code, name) from private.error_codes
       where message ~ '(%|\.$)' or message ~ '^[A-Z][a-z]' or hint !~ '\.$' order by 1 $$,
    'messages are lower case sentences, hints end with a full stop'
);

select * from finish();
rollback;
