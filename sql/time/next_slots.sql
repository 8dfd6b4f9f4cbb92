-- Purpose: the first slots after an instant.
-- Caller:  private.next_wake, public.preview_schedule.
-- Promise: up to p_count slots, all > p_after, in order. Looks 3 hours ahead first, then days, months, at last 50 years, beyond which no
--          accepted expression stays silent: cheap for dense schedules, bounded for rare ones. Nulls give none, L0101 for a bad expression.
create or replace function private.next_slots(
    p_expr text,
    p_tz text,
    p_after timestamptz,
    p_count int
) returns setof timestamptz
language plpgsql
stable
strict
parallel safe
rows 10
set search_path = ''
as $$
declare
    v_hours int;
    v_from  timestamptz := p_after + interval '1 microsecond';
    v_until timestamptz;
    v_found timestamptz[] := array[]::timestamptz[];
begin
    foreach v_hours in array array[3, 48, 960, 9600, 72000, 438300] loop
        v_until := p_after + make_interval(hours => v_hours);
        v_found := v_found || array(
            select o.at
            from public.fn_cron_occurrences(p_expr, v_from, v_until, p_tz) as o (at)
            limit greatest(p_count - cardinality(v_found), 0)
        );
        exit when cardinality(v_found) >= p_count;
        v_from := v_until;
    end loop;
    return query select unnest(v_found);
end;
$$;

comment on function private.next_slots(text, text, timestamptz, int) is 'The first p_count slots of a schedule after an instant.';

revoke all on function private.next_slots(text, text, timestamptz, int) from public;
grant execute on function private.next_slots(text, text, timestamptz, int) to authenticated, service_role, edge;
