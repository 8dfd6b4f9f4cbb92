-- Purpose: the instant at which a zone changes its offset.
-- Caller:  private.tz_segments, with two instants a day or less apart whose offsets differ.
-- Promise: the first whole second, counted from p_lo, with the later offset.
create or replace function private.tz_shift_at(
    p_tz text,
    p_lo timestamptz,
    p_hi timestamptz
) returns timestamptz
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
declare
    v_old interval := (p_lo at time zone p_tz) - (p_lo at time zone 'UTC');
    v_lo  int := 0;
    v_hi  int := ceil(extract(epoch from p_hi - p_lo))::int;
    v_mid int;
    v_at  timestamptz;
begin
    while v_hi - v_lo > 1 loop
        v_mid := (v_lo + v_hi) / 2;
        v_at := p_lo + make_interval(secs => v_mid);
        if (v_at at time zone p_tz) - (v_at at time zone 'UTC') = v_old then
            v_lo := v_mid;
        else
            v_hi := v_mid;
        end if;
    end loop;
    return p_lo + make_interval(secs => v_hi);
end;
$$;

comment on function private.tz_shift_at(text, timestamptz, timestamptz) is 'The instant between the two at which the zone''s offset changes.';

revoke all on function private.tz_shift_at(text, timestamptz, timestamptz) from public;
grant execute on function private.tz_shift_at(text, timestamptz, timestamptz) to authenticated, service_role, edge;
