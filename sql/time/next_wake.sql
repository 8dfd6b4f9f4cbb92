-- Purpose: when a device should wake next; computed here, stored and sent by its caller.
-- Caller:  the wake ingest, schedule changes.
-- Promise: always > p_after. The first slot, unless the device is so close before it that this wake is that slot's: closer than
--          the guard = min(30 min, half the gap from the slot before it); then the slot after it. (The gap is the one the device wakes in,
--          so the guard agrees with the early side of fn_infer_wake_window_index.) Without schedule or zone: the next full UTC hour at least 30 minutes away.
create or replace function private.next_wake(
    p_expr text,
    p_tz text,
    p_after timestamptz
) returns timestamptz
language plpgsql
stable
parallel safe
set search_path = ''
as $$
declare
    v_next timestamptz[];
    v_wait interval;
begin
    if btrim(p_expr) <> '' and p_tz is not null then
        v_next := array(select private.next_slots(p_expr, p_tz, p_after, 1));
        v_wait := v_next[1] - p_after;
       -- Within 30 minutes of the slot: it is offered only if the slot before it is nearer than twice the wait.
        if v_wait <= interval '30 minutes' and not exists (
            select from public.fn_cron_occurrences(p_expr, v_next[1] - 2 * v_wait + interval '1 microsecond', v_next[1], p_tz)
        ) then
            v_next := array(select private.next_slots(p_expr, p_tz, v_next[1], 1));
        end if;
    end if;
    return coalesce(
        v_next[1],
        date_trunc('hour', (p_after at time zone 'UTC') + interval '89 minutes 59.999999 seconds') at time zone 'UTC'
    );
end;
$$;

comment on function private.next_wake(text, text, timestamptz) is
'The instant a device should wake next after p_after: a slot beyond the guard, or without a schedule the next full UTC hour at least 30 minutes away.';

revoke all on function private.next_wake(text, text, timestamptz) from public;
grant execute on function private.next_wake(text, text, timestamptz) to service_role, edge;
