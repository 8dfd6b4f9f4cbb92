-- Purpose: a wake time as cameras read it.
-- Caller:  whatever builds next_wake or next_wake_time.
-- Promise: UTC, H:MMAM or H:MMPM, no leading zero on the hour, whatever the session's TimeZone. Seconds are cut.
create or replace function private.wake_time_text(
    p_at timestamptz
) returns text
language plpgsql
stable -- as to_char itself is
strict
parallel safe
set search_path = ''
as $$
begin
    return to_char(p_at at time zone 'UTC', 'FMHH12:MIAM');
end;
$$;

comment on function private.wake_time_text(timestamptz) is 'The UTC time of day as H:MMAM or H:MMPM, as cameras read it.';

revoke all on function private.wake_time_text(timestamptz) from public;
grant execute on function private.wake_time_text(timestamptz) to service_role, edge;
