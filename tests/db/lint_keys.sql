-- Lint, read from the catalogue: keys, indexes, comments. Every failure names the offender and what to write.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(9);

create temporary view tab as
select c.oid, n.nspname as sch, c.relname as rel, c.relkind as kind
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm');

-- Tables whose keys need not begin with company_id: people, reference rows, and the platform's own.
create temporary table no_company (sch text, rel text, why text) on commit drop;
insert into no_company values
('public', 'users', 'the key is auth.users.id; one company a person'),
('public', 'user_active_company_context', 'one row a person'),
('public', 'device_error_codes', 'reference rows, the same for everybody'),
('private', 'device_directory', 'the one global directory: MAC → company'),
('private', 'credentials', 'looked up by user name before the company is known'),
('private', 'broker_generation', 'one row'),
('private', 'signing_key', 'the platform''s'),
('private', 'mqtt_dead_letters', 'the platform''s; the company may be unknown'),
('private', 'mqtt_outbox', 'the platform''s'),
('private', 'job_runs', 'the platform''s'),
('private', 'error_codes', 'reference rows');

-- Unique indexes of tenant tables without company_id, beside those on the bare id: look-ups that know no company.
create temporary table no_company_index (index_name text, why text) on commit drop;
insert into no_company_index values
('enrolment_tokens_token_sha256_key', 'a rig that registers itself knows only its token');

create temporary view tenant as
select t.* from tab as t
where t.kind in ('r', 'p') and (t.sch, t.rel) not in (select n.sch, n.rel from no_company as n);

select is_empty(
    $$ select format('%s.%s: add company_id uuid not null, or list it in tests/db/lint_keys.sql, with the reason', t.sch, t.rel) from tenant as t
       where not exists (
           select from pg_attribute as a
           where a.attrelid = t.oid and a.attname = 'company_id' and a.attnotnull and a.atttypid = 'uuid'::regtype
       ) order by 1 $$,
    'every tenant table has company_id, not null'
);

select is_empty(
    $$ select format('%s.%s: a primary key is missing', sch, rel) from tab
       where kind in ('r', 'p') and not exists (select from pg_index as i where i.indrelid = tab.oid and i.indisprimary) order by 1 $$,
    'every table has a primary key'
);

select is_empty(
    $$ select format('%s: begin the key with company_id', i.indexrelid::regclass)
       from tenant as t
       join pg_index as i on i.indrelid = t.oid and i.indisunique
       join pg_class as ic on ic.oid = i.indexrelid
       join pg_attribute as first on first.attrelid = t.oid and first.attnum = i.indkey[0]
       where
           first.attname <> 'company_id'
           and ic.relname not in (select index_name from no_company_index)
           -- allowed: unique (id), where (company_id, id) is the primary key
           and not (
               not i.indisprimary and i.indnkeyatts = 1
               and exists (
                   select from pg_index as pk
                   where pk.indrelid = t.oid and pk.indisprimary and pk.indnkeyatts = 2 and pk.indkey[1] = i.indkey[0]
               )
           )
       order by 1 $$,
    'primary and unique keys of tenant tables begin with company_id'
);

select is_empty(
    $$ select format('%s on %s: foreign key (company_id, …) references …(company_id, …)', k.conname, k.conrelid::regclass)
       from tenant as t
       join pg_constraint as k on k.conrelid = t.oid and k.contype = 'f'
       join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
       join pg_attribute as f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
       where a.attname <> 'company_id' or f.attname <> 'company_id' order by 1 $$,
    'foreign keys of tenant tables begin with company_id, on both sides'
);

select is_empty(
    $$ select format('%s on %s (%s): create an index that begins with these columns', k.conname, k.conrelid::regclass, (
           select string_agg(a.attname, ', ' order by c.i) from unnest(k.conkey) with ordinality as c (num, i)
           join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = c.num))
       from tab as t
       join pg_constraint as k on k.conrelid = t.oid and k.contype = 'f'
       where not exists (
           select from pg_index as i
           where
               i.indrelid = k.conrelid and i.indisvalid
               and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
               -- a partial index serves where it leaves out only rows without a reference
               and (i.indpred is null or exists (
                   select from pg_attribute as a
                   where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
                   and pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname)
               ))
       ) order by 1 $$,
    'every foreign key is indexed'
);

select is_empty(
    $$ select format('%s and %s cover the same columns: drop one', i.indexrelid::regclass, j.indexrelid::regclass)
       from tab as t
       join pg_index as i on i.indrelid = t.oid
       join pg_index as j on j.indrelid = t.oid and j.indexrelid > i.indexrelid
           and i.indkey::text = j.indkey::text and i.indoption::text = j.indoption::text and i.indclass::text = j.indclass::text
           and i.indpred is not distinct from j.indpred and i.indexprs is not distinct from j.indexprs
       order by 1 $$,
    'no index twice'
);

select is_empty(
    $$ select format('%s.%s: comment on %s %1$s.%2$s is …', sch, rel, case when kind = 'v' then 'view' else 'table' end) from tab
       where coalesce(obj_description(oid, 'pg_class'), '') = '' order by 1 $$,
    'every table and view has a comment'
);

select is_empty(
    $$ select format('comment on column %s.%s.%s is …', t.sch, t.rel, a.attname)
       from tab as t
       join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
       where t.sch = 'public' and coalesce(col_description(t.oid, a.attnum), '') = ''
       -- a view's column that is a table's own column under the same name is described there
       and not (t.kind in ('v', 'm') and exists (
           select from pg_rewrite as r
           join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
           join pg_attribute as src on src.attrelid = d.refobjid and src.attnum = d.refobjsubid and src.attname = a.attname
           where r.ev_class = t.oid and d.refobjid <> t.oid
       ))
       order by 1 $$,
    'every column in public has a comment'
);

select is_empty(
    $$ select format('%s.%s.%s: use timestamptz', t.sch, t.rel, a.attname)
       from tab as t
       join pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
       where a.atttypid in ('timestamp'::regtype, 'timetz'::regtype, 'bpchar'::regtype, 'money'::regtype) order by 1 $$,
    'times carry a zone'
);

select * from finish();
rollback;
