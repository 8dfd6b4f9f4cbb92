-- Schemas, the key generator, and who may see which schema.
-- public: what users see. private: secrets, buffers, helpers; never exposed by PostgREST.
-- The owner of everything: NOSUPERUSER with BYPASSRLS, as hosted's `postgres` is. Another one would hide what hosted refuses (a superuser), or
-- make definer functions blind behind forced row level security (without BYPASSRLS).
do $$
begin
    if exists (select from pg_catalog.pg_roles where rolname = current_user and (rolsuper or not rolbypassrls)) then
        raise exception 'owner_not_allowed: the owner of the objects must be NOSUPERUSER with BYPASSRLS'
            using errcode = 'L0005', hint = 'Run migrations as lics_owner.';
    end if;
end;
$$;

create schema if not exists private;

comment on schema private is 'Secrets, buffers and helpers of LICS. Never exposed through the API.';

revoke all on schema private from public;
grant usage on schema private to authenticated, service_role, edge, device, anon;
revoke create on schema public from public;
grant usage on schema public to anon, authenticated, service_role, device, edge;

alter default privileges in schema public revoke execute on functions from public;
alter default privileges in schema private revoke execute on functions from public;

-- Lives in a migration, not in sql/, because column defaults need it before any table exists.
-- A body bound at creation needs no search_path; without SET it is inlined, which makes a key eight times cheaper.
create or replace function private.new_id() returns uuid
language sql
volatile
parallel safe
return overlay(
    overlay(
        gen_random_uuid()::text,
        lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint >> 16), 8, '0')
        || '-' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint & 65535), 4, '0'), 1, 13
    ), '7', 15, 1
)::uuid;

comment on function private.new_id() is
'A time-ordered uuid (version 7): 48 bits of milliseconds since 1970, then random bits. Default of every key.';

revoke all on function private.new_id() from public;
grant execute on function private.new_id() to authenticated, service_role, edge, device;

create or replace function private.sha256_hex(p_text text) returns text
language sql
immutable
strict
parallel safe
return encode(sha256(convert_to(p_text, 'UTF8')), 'hex');

comment on function private.sha256_hex(text) is
'Hex SHA-256 of a text in UTF-8. Immutable because the database encoding is UTF-8; a generated column uses it.';

revoke all on function private.sha256_hex(text) from public;
grant execute on function private.sha256_hex(text) to authenticated, service_role, edge, device;
