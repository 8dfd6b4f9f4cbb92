-- purpose: the one place that says when a camera wakes next.
-- caller: whatever sends a sleep or a final ACK.
-- promise: computed from the schedule in force, and from a queued one for slots after its midnight; stored in devices.next_wake_at and
--   returned, so that what is stored is what is sent. A queued manual wake replaces it once.
create or replace function private.plan_next_wake(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_cron text;
    v_timezone text;
    v_next timestamptz;
    v_change record;
    v_midnight timestamptz;
    v_manual timestamptz;
begin
    select d.wake_schedule_cron, s.timezone into v_cron, v_timezone
    from public.devices as d
    left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
    where d.company_id = p_company_id and d.device_id = p_device_id;

    v_next := private.next_wake(v_cron, v_timezone, p_now);
    if v_timezone is not null then
        select c.new_wake_schedule_cron, c.effective_date into v_change
        from public.device_schedule_changes as c
        where c.company_id = p_company_id and c.device_id = p_device_id
            and c.applied_at is null and c.superseded_at is null
            and c.effective_date <= private.local_date(v_next, v_timezone)
        order by c.effective_date, c.requested_at desc, c.change_id desc
        limit 1;
        if found then
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
        end if;
    end if;

    with used as (
        update public.device_commands as c
        set status = 'done', attempts = c.attempts + 1, published_at = p_now, finished_at = p_now
        where c.company_id = p_company_id and c.device_id = p_device_id and c.command = 'next_wake' and c.status = 'queued'
        returning (c.payload ->> 'at')::timestamptz as at
    )
    -- The wire knows whole minutes; a minute from now is the earliest a camera can obey.
    select date_trunc('minute', greatest(min(u.at), p_now + interval '1 minute') + interval '59.999999 seconds') into v_manual
    from used as u
    having count(*) > 0;
    if v_manual < v_next then
        v_next := v_manual;
    end if;

    update public.devices as d
    set next_wake_at = v_next, updated_at = p_now
    where d.company_id = p_company_id and d.device_id = p_device_id and d.next_wake_at is distinct from v_next;
    return v_next;
end;
$$;

comment on function private.plan_next_wake(uuid, uuid, timestamptz) is
'Computes, stores and returns the next wake of a camera; the caller sends it.';
revoke all on function private.plan_next_wake(uuid, uuid, timestamptz) from public;
