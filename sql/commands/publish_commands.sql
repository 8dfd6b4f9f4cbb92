-- purpose: what people asked of a camera goes out while it is awake.
-- caller: private.wake_hello, at the first HELLO of a wake, and never without one: a sleeping camera would not hear it.
-- promise: a ping is sent and published. A reboot goes alone and ends the wake: the rest follows at the HELLO after it; false: the camera restarts.
--   (Requested files are asked for by wake_step, a manual next_wake goes with the wake's last message.)
create or replace function private.publish_commands(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_commands text[];
    v_restarts boolean;
begin
    with sent as (
        update public.device_commands as c
        set status = 'published', attempts = c.attempts + 1, published_at = p_now
        where c.company_id = p_company_id and c.device_id = p_device_id and c.status = 'queued' and c.command in ('ping', 'reboot')
            and (c.command = 'reboot' or not exists (
                select from public.device_commands as r
                where r.company_id = p_company_id and r.device_id = p_device_id and r.status = 'queued' and r.command = 'reboot'))
        returning c.command
    )
    select array_agg(distinct s.command) into v_commands from sent as s;
    v_restarts := coalesce('reboot' = any (v_commands), false);

    perform private.answer_wake(p_company_id, p_device_id, 'cmd', jsonb_build_object(c.command, true), p_now)
    from unnest(v_commands) as c (command);
    if v_restarts then
        update private.wakes as w set ended_at = p_now where w.company_id = p_company_id and w.device_id = p_device_id;
    end if;
    return not v_restarts;
end;
$$;

comment on function private.publish_commands(uuid, uuid, timestamptz) is
'Sends a camera''s queued ping or reboot with its HELLO; false: it restarts.';
revoke all on function private.publish_commands(uuid, uuid, timestamptz) from public;
