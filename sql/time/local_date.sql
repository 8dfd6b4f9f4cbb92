-- Purpose: the calendar date at an instant in a zone.
-- Caller:  sessions, wakes.
-- Promise: the date on the wall; never the UTC date, whatever the session's TimeZone.
create or replace function private.local_date(
    p_at timestamptz,
    p_tz text
) returns date
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
begin
    return (p_at at time zone p_tz)::date;
end;
$$;

comment on function private.local_date(timestamptz, text) is 'The local calendar date of an instant in a zone.';

revoke all on function private.local_date(timestamptz, text) from public;
grant execute on function private.local_date(timestamptz, text) to authenticated, service_role, edge;
