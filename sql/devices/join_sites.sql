-- purpose: new cameras are expected from now on.
-- caller: import_devices.
-- promise: the running day of each site gains the remaining slots of these cameras; their next wake is planned, each schedule computed once.
create or replace function private.join_sites(
    p_company_id uuid,
    p_device_ids uuid[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- The days of all sites at once; below they are found.
    perform private.ensure_sessions(array_agg(k.company_id), array_agg(k.site_id), array_agg(k.session_date), p_now)
    from (
        select distinct s.company_id, s.site_id, private.local_date(p_now, s.timezone) as session_date
        from public.devices as d
        join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
        where d.company_id = p_company_id and d.device_id = any (p_device_ids) and d.kind = 'camera'
    ) as k
    having count(*) > 0;
    perform private.set_session_devices(
        p_company_id, (private.ensure_session(p_company_id, k.site_id, private.local_date(p_now, k.timezone), p_now)).session_id,
        k.device_ids, true, p_now)
    from (
        select s.site_id, s.timezone, array_agg(d.device_id) as device_ids
        from public.devices as d
        join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
        where d.company_id = p_company_id and d.device_id = any (p_device_ids) and d.kind = 'camera'
        group by s.site_id, s.timezone
        order by s.site_id
    ) as k;

    with plan as materialized (
        select k.cron, k.timezone, private.next_wake(k.cron, k.timezone, p_now) as at
        from (
            select distinct d.wake_schedule_cron as cron, s.timezone
            from public.devices as d
            join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
            where d.company_id = p_company_id and d.device_id = any (p_device_ids) and d.wake_schedule_cron is not null
        ) as k
    )
    update public.devices as d
    set next_wake_at = p.at
    from plan as p, public.sites as s
    where d.company_id = p_company_id and d.device_id = any (p_device_ids) and d.wake_schedule_cron = p.cron
        and s.company_id = d.company_id and s.site_id = d.site_id and s.timezone = p.timezone;
end;
$$;

comment on function private.join_sites(uuid, uuid[], timestamptz) is 'Adds new cameras to the running days of their sites and plans their next wakes.';
revoke all on function private.join_sites(uuid, uuid[], timestamptz) from public;
