-- purpose: a time as it goes on the wire.
-- caller: functions that write messages to devices; manifests of exports, as the person who asks.
-- promise: RFC 3339 in UTC with milliseconds, whatever the session's zone.
create or replace function private.wire_time(
    p_at timestamptz
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

comment on function private.wire_time(timestamptz) is 'RFC 3339, UTC, milliseconds: 2026-03-01T10:00:00.000Z.';
revoke all on function private.wire_time(timestamptz) from public;
grant execute on function private.wire_time(timestamptz) to authenticated, service_role;
