-- purpose: cameras join or leave a site's running day.
-- caller: place_camera, unmap_device, archive_device, import_devices.
-- promise: their slots from (or until) that instant count, the rest does not; the expected count follows and config_changed_flag is set. Who joins has the
--   schedule of its row; who counts already stays as it is. A day that is not in progress stays as it is. Set-based.
create or replace function private.set_session_devices(
    p_company_id uuid,
    p_session_id uuid,
    p_device_ids uuid[],
    p_joins boolean,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
    v_ended boolean;
    v_changed uuid[];
begin
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.session_id = p_session_id and s.status = 'in_progress'
    for no key update;
    if not found then
        return;
    end if;
    select coalesce(g.end_date < v_session.session_date, false) into strict v_ended
    from public.pilot_programs as g
    where g.company_id = p_company_id and g.program_id = v_session.program_id;

    if p_joins then
        with joined as (
            insert into public.site_session_devices as sd
                (company_id, session_id, device_id, wake_schedule_cron, counts_from, counts_until, added_mid_day)
            select p_company_id, p_session_id, d.device_id, d.wake_schedule_cron, greatest(p_now, v_session.starts_at), v_session.ends_at, true
            from public.devices as d
            where d.company_id = p_company_id and d.device_id = any (p_device_ids)
            on conflict (company_id, session_id, device_id) do update
            -- Back on the same day: it had left, and counts from now on.
            set counts_from = excluded.counts_from, counts_until = excluded.counts_until, wake_schedule_cron = excluded.wake_schedule_cron
            where sd.counts_until < v_session.ends_at
            returning sd.device_id
        )
        select array_agg(j.device_id) into v_changed from joined as j;
    else
        with gone as (
            update public.site_session_devices as sd
            set counts_until = greatest(p_now, sd.counts_from)
            where sd.company_id = p_company_id and sd.session_id = p_session_id and sd.device_id = any (p_device_ids)
                and sd.counts_until > p_now
            returning sd.device_id
        )
        select array_agg(g.device_id) into v_changed from gone as g;
    end if;
    if v_changed is null then
        return;
    end if;

    with slot as materialized (
        select c.wake_schedule_cron, o.slot_at
        from (
            select distinct sd.wake_schedule_cron
            from public.site_session_devices as sd
            where sd.company_id = p_company_id and sd.session_id = p_session_id and sd.device_id = any (v_changed)
                and sd.wake_schedule_cron is not null and not v_ended
        ) as c
        cross join lateral private.day_slots(c.wake_schedule_cron, v_session.session_date, v_session.timezone) as o
    )
    update public.site_session_devices as sd
    set expected_wake_count = (
        select count(*)
        from slot as o
        where o.wake_schedule_cron = sd.wake_schedule_cron and o.slot_at >= sd.counts_from and o.slot_at < sd.counts_until)
    where sd.company_id = p_company_id and sd.session_id = p_session_id and sd.device_id = any (v_changed);

    update public.site_device_sessions as s
    set
        expected_wake_count = (
            select coalesce(sum(sd.expected_wake_count), 0) from public.site_session_devices as sd
            where sd.company_id = p_company_id and sd.session_id = p_session_id),
        config_changed_flag = true,
        updated_at = p_now
    where s.company_id = p_company_id and s.session_id = p_session_id;
    perform private.mark_rollups(array[p_company_id], array[p_session_id]);
end;
$$;

comment on function private.set_session_devices(uuid, uuid, uuid[], boolean, timestamptz) is
'Adds the remaining slots of cameras to a running site day, or removes them.';
revoke all on function private.set_session_devices(uuid, uuid, uuid[], boolean, timestamptz) from public;
