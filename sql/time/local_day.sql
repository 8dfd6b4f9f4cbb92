-- Purpose: when a local calendar date begins and ends.
-- Caller:  sessions, slots, daily sums.
-- Promise: half-open [starts_at, ends_at), local midnight to the next local midnight: 23, 24 or 25 h, or with half an hour. Where midnight is skipped
--          the day begins at the jump; where it comes twice, at the first. Neighbouring dates meet without gap or overlap; a date the
--          zone never had (Apia 2011-12-30) is empty.
create or replace function private.local_day(
    p_date date,
    p_tz text,
    out starts_at timestamptz,
    out ends_at timestamptz
)
language plpgsql
stable
strict
parallel safe
set search_path = ''
as $$
begin
    starts_at := private.local_instant(p_date::timestamp, p_tz);
    ends_at   := private.local_instant((p_date + 1)::timestamp, p_tz);
end;
$$;

comment on function private.local_day(date, text) is 'The beginning and end [starts_at, ends_at) of a local calendar date in a zone.';

revoke all on function private.local_day(date, text) from public;
grant execute on function private.local_day(date, text) to authenticated, service_role, edge;
