-- purpose: queued schedule changes take effect.
-- caller: private.ensure_session when it opens a site's day.
-- promise: for effective dates up to p_date: the last request of a device and day wins, the others are superseded; the latest day's schedule
--   stays on the device. Applied once. Returns the number of devices changed.
create or replace function private.apply_schedule_changes(
    p_company_id uuid,
    p_site_id uuid,
    p_date date,
    p_now timestamptz default now()
) returns int
language sql
security definer
set search_path = ''
as $$
    with due as (
        select
            c.change_id, c.device_id, c.new_wake_schedule_cron,
            row_number() over (partition by c.device_id, c.effective_date order by c.requested_at desc, c.change_id desc) as in_day,
            row_number() over (
                partition by c.device_id order by c.effective_date desc, c.requested_at desc, c.change_id desc) as over_all
        from public.device_schedule_changes as c
        join public.devices as d on d.company_id = c.company_id and d.device_id = c.device_id
        where c.company_id = p_company_id and d.site_id = p_site_id
            and c.applied_at is null and c.superseded_at is null and c.effective_date <= p_date
    ), marked as (
        update public.device_schedule_changes as c
        set
            applied_at = case when due.in_day = 1 then p_now end,
            applied_by_function = case when due.in_day = 1 then 'fn_midnight_session_opener' end,
            superseded_at = case when due.in_day > 1 then p_now end
        from due
        where c.company_id = p_company_id and c.change_id = due.change_id and c.applied_at is null and c.superseded_at is null
    ), changed as (
        update public.devices as d
        set wake_schedule_cron = due.new_wake_schedule_cron, updated_at = p_now
        from due
        where due.over_all = 1 and d.company_id = p_company_id and d.device_id = due.device_id
            and d.wake_schedule_cron is distinct from due.new_wake_schedule_cron
        returning d.device_id
    )
    select count(*)::int from changed;
$$;

comment on function private.apply_schedule_changes(uuid, uuid, date, timestamptz) is
'Applies the queued schedule changes of a site that are due by a local date; returns how many devices changed.';
revoke all on function private.apply_schedule_changes(uuid, uuid, date, timestamptz) from public;
