-- Purpose: a schedule's slots of one local day, numbered.
-- Caller:  expected wakes of a session, windows, the console's dots.
-- Promise: numbered from 1 in order; the day as private.local_day has it. A null argument gives none, L0101 for a bad expression.
create or replace function private.day_slots(
    p_expr text,
    p_date date,
    p_tz text
) returns table (
    slot_index int,
    slot_at timestamptz
)
language plpgsql
stable
strict
parallel safe
rows 24
set search_path = ''
as $$
declare
    v_day record;
begin
    select * into v_day from private.local_day(p_date, p_tz);
    return query
    select o.position::int, o.at
    from public.fn_cron_occurrences(p_expr, v_day.starts_at, v_day.ends_at, p_tz) with ordinality as o (at, position);
end;
$$;

comment on function private.day_slots(text, date, text) is 'The slots of a local day, numbered from 1, with their instants.';

revoke all on function private.day_slots(text, date, text) from public;
grant execute on function private.day_slots(text, date, text) to authenticated, service_role, edge;
