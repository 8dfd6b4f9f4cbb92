-- purpose: the one place that says when a camera wakes next.
-- caller: whatever sends a sleep or a final ACK.
-- promise: the scheduled wake, or a queued manual one that comes before it, once; stored in devices.next_wake_at and returned, so that what is stored is
--   what is sent. A manual wake at the very minute of a scheduled one is that wake, told once. A manual wake after the next scheduled one waits for the contact before it.
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
    v_next timestamptz := private.scheduled_wake(p_company_id, p_device_id, p_now);
    v_manual record;
begin
    -- The wire knows whole minutes of one day; a minute from now is the earliest a camera can obey.
    select
        c.command_id,
        date_trunc('minute', greatest((c.payload ->> 'at')::timestamptz, p_now + interval '1 minute') + interval '59.999999 seconds') as at
    into v_manual
    from public.device_commands as c
    where c.company_id = p_company_id and c.device_id = p_device_id and c.command = 'next_wake' and c.status = 'queued'
        and (c.expires_at is null or c.expires_at > p_now)
    order by c.created_at desc
    limit 1
    for update;
    if v_manual.at <= v_next and v_manual.at <= p_now + interval '24 hours' then
        v_next := v_manual.at;
        update public.device_commands as c
        set
            status = 'published', attempts = c.attempts + 1, published_at = p_now,
            payload = c.payload || jsonb_build_object('wake_at', v_next), expires_at = v_next + interval '60 minutes'
        where c.company_id = p_company_id and c.command_id = v_manual.command_id;
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
