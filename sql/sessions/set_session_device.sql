-- purpose: a camera joins or leaves a site's running day.
-- caller: map_device, unmap_device.
-- promise: its slots from (or until) that instant count, the rest does not; the expected count follows and config_changed_flag is set. A day that
--   is not in progress stays as it is.
create or replace function private.set_session_device(
    p_company_id uuid,
    p_session_id uuid,
    p_device_id uuid,
    p_cron text,
    p_joins boolean,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
begin
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.session_id = p_session_id and s.status = 'in_progress'
    for no key update;
    if not found then
        return;
    end if;

    if p_joins then
        insert into public.site_session_devices as sd
            (company_id, session_id, device_id, wake_schedule_cron, counts_from, counts_until, added_mid_day)
        values (p_company_id, p_session_id, p_device_id, p_cron, greatest(p_now, v_session.starts_at), v_session.ends_at, true)
        on conflict (company_id, session_id, device_id) do update
        set
            -- Back on the same day: it had left, and counts from now on.
            counts_from = case when sd.counts_until < v_session.ends_at then excluded.counts_from else sd.counts_from end,
            counts_until = excluded.counts_until,
            wake_schedule_cron = excluded.wake_schedule_cron;
    else
        update public.site_session_devices as sd
        set counts_until = greatest(p_now, sd.counts_from)
        where sd.company_id = p_company_id and sd.session_id = p_session_id and sd.device_id = p_device_id;
    end if;
    update public.site_session_devices as sd
    set expected_wake_count = (
        select count(*)
        from private.day_slots(sd.wake_schedule_cron, v_session.session_date, v_session.timezone) as o
        where o.slot_at >= sd.counts_from and o.slot_at < sd.counts_until)
    where sd.company_id = p_company_id and sd.session_id = p_session_id and sd.device_id = p_device_id;

    update public.site_device_sessions as s
    set
        expected_wake_count = (
            select coalesce(sum(sd.expected_wake_count), 0) from public.site_session_devices as sd
            where sd.company_id = p_company_id and sd.session_id = p_session_id),
        config_changed_flag = true,
        updated_at = p_now
    where s.company_id = p_company_id and s.session_id = p_session_id;
end;
$$;

comment on function private.set_session_device(uuid, uuid, uuid, text, boolean, timestamptz) is
'Adds a camera''s remaining slots to a running site day, or removes them.';
revoke all on function private.set_session_device(uuid, uuid, uuid, text, boolean, timestamptz) from public;
