-- Purpose: the instant of a wall clock reading in a zone.
-- Caller:  private.local_day.
-- Promise: a reading that comes twice means its first time; one that is skipped means the moment the clock jumps. The same rule as
--          for fixed cron jobs. (AT TIME ZONE alone takes the second time, and runs past the jump.)
create or replace function private.local_instant(
    p_local timestamp,
    p_tz text
) returns timestamptz
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
declare
    v_as_utc timestamptz := p_local at time zone 'UTC';
begin
    return (
        select greatest(v_as_utc - g.utc_offset, g.starts_at)
        from private.tz_segments(p_tz, v_as_utc - interval '72 hours', v_as_utc + interval '72 hours') as g
        where v_as_utc < g.ends_at + g.utc_offset
        order by g.starts_at
        limit 1
    );
end;
$$;

comment on function private.local_instant(timestamp, text) is
'The instant of a local time: the first of two when it repeats, the end of the jump when it is skipped.';

revoke all on function private.local_instant(timestamp, text) from public;
grant execute on function private.local_instant(timestamp, text) to authenticated, service_role, edge;
