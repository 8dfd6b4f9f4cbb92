-- What a new Supabase project lacks before the first table: the two roles of ours that a token or a handler becomes, and pg_cron. On a bare machine
-- all of it is there already (supabase/embedded), and this file changes nothing.
-- It was added later and stands first, because the foundation grants to these roles: a database that already has migrations takes it with
-- `supabase db push --include-all`, which is what `lics up` says.
do $$
declare
    v_role text;
begin
    -- as in the foundation, before anything is made
    if exists (select from pg_catalog.pg_roles where rolname = current_user and (rolsuper or not rolbypassrls)) then
        raise exception 'owner_not_allowed: the owner of the objects must be NOSUPERUSER with BYPASSRLS'
            using errcode = 'L0005', hint = 'Run migrations as lics_owner; on hosted, as postgres.';
    end if;
    foreach v_role in array array['device', 'edge'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
            execute format('create role %I nologin noinherit', v_role);
        end if;
    end loop;
    -- PostgREST becomes what the token names; the owner hands functions to the handlers' role and tries things as either.
    if not pg_has_role('authenticator', 'device', 'member') then
        grant device to authenticator;
    end if;
    for v_role in
        select r.rolname from pg_catalog.pg_roles as r
        where r.rolname in ('device', 'edge') and not pg_has_role(current_user, r.oid, 'member')
    loop
        execute format('grant %I to %I', v_role, current_user);
    end loop;
    -- Where the platform lets its `postgres` make it. Elsewhere only a superuser could, and has.
    if exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin')
        and current_setting('cron.database_name', true) = current_database()
        and not exists (select from pg_catalog.pg_extension where extname = 'pg_cron') then
        create extension pg_cron with schema pg_catalog;
    end if;
end;
$$;

-- Projects made before 2026-10-30 grant every new table, sequence and function of `public` to everybody who has a key. Here each grant stands in a
-- file of policies/ or sql/, and nothing else is granted.
alter default privileges in schema public revoke all on tables from current_user, anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from current_user, anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from current_user, anon, authenticated, service_role;
