-- Purpose: whether a text names an IANA time zone.
-- Caller:  functions and constraints that store a site's zone; preview.
-- Promise: exact spelling only. PostgreSQL itself would also take abbreviations (EST5), POSIX rules (FOO-3) and any case, which other
--          systems read differently or not at all. Reads the zone directory (about 20 ms): for writes, not for ingest.
create or replace function private.tz_is_valid(
    p_tz text
) returns boolean
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
begin
    return p_tz !~ '^(posix|right)/'
        and p_tz not in ('Factory', 'localtime', 'posixrules')
        and exists (select from pg_catalog.pg_timezone_names as n where n.name = p_tz);
end;
$$;

comment on function private.tz_is_valid(text) is 'Whether the text is the exact name of an IANA time zone; null for null.';

revoke all on function private.tz_is_valid(text) from public;
grant execute on function private.tz_is_valid(text) to authenticated, service_role, edge;
