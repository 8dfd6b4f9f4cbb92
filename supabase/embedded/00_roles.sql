-- What a plain PostgreSQL 15 lacks before it looks like a hosted project: roles, database settings, schemas, extensions.
-- Run by the superuser, in the database of the product, as often as one likes:
--   psql -v owner_password=… -v edge_password=… -v gateway_password=… -v authenticator_password=… -f 00_roles.sql
-- Never applied where Supabase runs.
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- Roles. `create role` has no "if not exists"; the attributes are set again each time, so that a run also repairs.
select format('create role %I', r)
  from unnest(array['lics_owner', 'anon', 'authenticated', 'service_role', 'device', 'edge', 'supabase_auth_admin',
                    'authenticator', 'gateway', 'edge_handler']) as r
 where not exists (select from pg_catalog.pg_roles where rolname = r)
\gexec

alter role lics_owner nosuperuser login inherit createrole nocreatedb bypassrls password :'owner_password';
alter role anon nosuperuser nologin noinherit;
alter role authenticated nosuperuser nologin noinherit;
alter role service_role nosuperuser nologin noinherit bypassrls;
alter role device nosuperuser nologin noinherit;
alter role edge nosuperuser nologin noinherit;
alter role supabase_auth_admin nosuperuser nologin noinherit;
alter role authenticator nosuperuser login noinherit password :'authenticator_password';
alter role gateway nosuperuser login noinherit password :'gateway_password';
alter role edge_handler nosuperuser login inherit password :'edge_password';

-- What a token may name: the two doors may become it, and nothing else.
grant anon, authenticated, service_role, device to authenticator, gateway;
grant edge to edge_handler;
-- hosted's `postgres` is a member too: `set role` in tests, ownership of functions. `lics_owner` has no right to any stand-in by this.
grant anon, authenticated, service_role, device, edge, supabase_auth_admin to lics_owner;
grant pg_monitor, pg_signal_backend to lics_owner;
grant set on parameter session_replication_role to lics_owner;

-- A request may not hold a backend for long; handlers and the owner set their own limits.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role gateway set statement_timeout = '15s';
alter role gateway set idle_in_transaction_session_timeout = '30s';

-- The database. Owning it, `lics_owner` also owns `public` (pg_database_owner) and may create schemas.
select format('alter database %I owner to lics_owner', current_database()) \gexec
select format('alter database %I set timezone = %L', current_database(), 'UTC') \gexec
select format('alter database %I set search_path = "$user", public, extensions', current_database()) \gexec

grant usage on schema public to anon, authenticated, service_role, device, edge, gateway;

create schema if not exists extensions;
alter schema extensions owner to lics_owner;
grant usage on schema extensions to anon, authenticated, service_role, device, edge, gateway;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists pgtap with schema extensions;
create extension if not exists plpgsql_check with schema extensions;

-- pg_cron lives in the one database that the server names; elsewhere (tests' scratch databases) it is absent.
select 'create extension if not exists pg_cron with schema pg_catalog'
 where current_setting('cron.database_name', true) = current_database()
\gexec
select 'grant usage on schema cron to lics_owner'
 where exists (select from pg_catalog.pg_extension where extname = 'pg_cron')
\gexec
