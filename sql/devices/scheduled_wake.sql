-- purpose: when a camera's schedule wakes it next.
-- caller: private.plan_next_wake; mapping and moving, which tell the camera nothing.
-- promise: from the schedule in force, and from a queued one for slots after its midnight. Changes nothing.
create or replace function private.scheduled_wake(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_cron text;
    v_timezone text;
    v_next timestamptz;
    v_change record;
    v_midnight timestamptz;
begin
    select d.wake_schedule_cron, s.timezone into v_cron, v_timezone
    from public.devices as d
    left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
    where d.company_id = p_company_id and d.device_id = p_device_id;

    v_next := private.next_wake(v_cron, v_timezone, p_now);
    if v_timezone is null then
        return v_next;
    end if;
    select c.new_wake_schedule_cron, c.effective_date into v_change
    from public.device_schedule_changes as c
    where c.company_id = p_company_id and c.device_id = p_device_id
        and c.applied_at is null and c.superseded_at is null
        and c.effective_date <= private.local_date(v_next, v_timezone)
    order by c.effective_date, c.requested_at desc, c.change_id desc
    limit 1;
    if not found then
        return v_next;
    end if;
    v_midnight := (private.local_day(v_change.effective_date, v_timezone)).starts_at;
    if v_next >= v_midnight and v_change.new_wake_schedule_cron is not null then
        v_next := private.next_wake(v_change.new_wake_schedule_cron, v_timezone, p_now);
        if v_next < v_midnight then
            v_next := coalesce(
                (select min(n.at) from private.next_slots(
                    v_change.new_wake_schedule_cron, v_timezone, v_midnight - interval '1 microsecond', 1) as n (at)),
                v_next);
        end if;
    end if;
    return v_next;
end;
$$;

comment on function private.scheduled_wake(uuid, uuid, timestamptz) is
'The next wake of a camera by its schedule and the queued change.';
revoke all on function private.scheduled_wake(uuid, uuid, timestamptz) from public;
