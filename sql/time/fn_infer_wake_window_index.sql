-- Purpose: which slot of which local day a wake belongs to.
-- Caller:  the wake ingest; whether the slot is already taken is the caller's question.
-- Promise: the nearest slot, if at most min(60 min, half the gap to the slot on the other side of the wake) away, early side included, across
--          midnight too: session_date is then the slot's day. Exactly between two slots counts as the later one, which private.next_wake
--          then does not offer again. Else, or without a schedule: an overage on the local date of the capture (UTC without a zone).
create or replace function public.fn_infer_wake_window_index(
    p_captured_at timestamptz,
    p_cron text,
    p_tz text,
    out session_date date,
    out wake_index int,
    out slot_at timestamptz,
    out is_overage boolean
)
language plpgsql
stable
parallel safe
set search_path = ''
as $$
declare
    v_tz text := coalesce(p_tz, 'UTC');
begin
   -- No slot farther than the widest tolerance matters, and the nearest of two is never farther than half their gap.
    if btrim(p_cron) <> '' then
        select o.at into slot_at
        from public.fn_cron_occurrences(
            p_cron,
            p_captured_at - interval '60 minutes',
            p_captured_at + interval '60 minutes 1 microsecond',
            v_tz
        ) as o (at)
        order by greatest(o.at - p_captured_at, p_captured_at - o.at), o.at desc
        limit 1;
    end if;

    is_overage := slot_at is null;
    session_date := private.local_date(coalesce(slot_at, p_captured_at), v_tz);
    if not is_overage then
        wake_index := (select max(d.slot_index) from private.day_slots(p_cron, session_date, v_tz) as d where d.slot_at <= fn_infer_wake_window_index.slot_at);
    end if;
end;
$$;

comment on function public.fn_infer_wake_window_index(timestamptz, text, text) is
'The slot (local day, index from 1, instant) a capture belongs to, or is_overage when it is outside every tolerance.';

revoke all on function public.fn_infer_wake_window_index(timestamptz, text, text) from public;
grant execute on function public.fn_infer_wake_window_index(timestamptz, text, text) to service_role, edge;
