-- Makes of a database with our stand-ins (supabase/embedded) one with hosted's limits, run by its superuser, `supabase_admin`, in a cluster of its own.
-- `postgres` is who pushes: NOSUPERUSER, CREATEROLE, BYPASSRLS, owner of the database. In auth, storage and realtime it owns nothing and may
-- create nothing; of policies and triggers it may make those that hosted allows.
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- what no new project has
drop schema gateway cascade;
drop extension pgtap;
drop extension plpgsql_check;
drop owned by gateway, edge_handler, edge, device;
drop role gateway, edge_handler, edge, device;

alter role lics_owner rename to postgres;
alter role postgres createdb replication password :'owner_password';
create role supabase_storage_admin nologin noinherit createrole;
create role supabase_realtime_admin nologin noinherit;

select format('alter %s %s owner to %I', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass, o.owner)
  from pg_class as c
  join (values ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin'), ('realtime', 'supabase_realtime_admin')) as o (schema, owner)
    on c.relnamespace = o.schema::regnamespace
 where c.relkind in ('r', 'p')
    -- a serial's sequence goes with its table
    or c.relkind = 'S' and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'a')
\gexec
grant all on all tables in schema auth, storage, realtime to postgres;
grant all on all sequences in schema auth, storage, realtime to postgres;
revoke create on schema auth, storage, realtime from postgres, public;

-- Hosted's supautils lets `postgres` make policies and triggers on tables that it does not own. Plain PostgreSQL wants the owner, so here it is a
-- member of the owners, and this trigger refuses whatever else an owner could do.
grant supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin to postgres;

create function extensions.refuse_platform_ddl() returns event_trigger
language plpgsql set search_path = '' as $$
declare
  v_what text;
begin
  if tg_event = 'sql_drop' then
    select d.object_type || ' ' || d.object_identity into v_what
      from pg_catalog.pg_event_trigger_dropped_objects() as d
     where d.schema_name in ('auth', 'storage', 'realtime') and d.object_type not in ('policy', 'trigger')
     limit 1;
  else
    select c.command_tag || ' ' || c.object_identity into v_what
      from pg_catalog.pg_event_trigger_ddl_commands() as c
     where c.schema_name in ('auth', 'storage', 'realtime')
       and not (c.command_tag in ('CREATE POLICY', 'ALTER POLICY', 'CREATE TRIGGER')
                and c.object_identity ~ ' on (auth\.(users|sessions|identities|refresh_tokens)|storage\.(objects|buckets)|realtime\.messages)$')
     limit 1;
  end if;
  if v_what is not null and session_user = 'postgres' then
    raise exception 'hosted would refuse this: %', v_what using errcode = '42501';
  end if;
end $$;
create event trigger refuse_platform_ddl on ddl_command_end execute function extensions.refuse_platform_ddl();
create event trigger refuse_platform_drop on sql_drop execute function extensions.refuse_platform_ddl();
