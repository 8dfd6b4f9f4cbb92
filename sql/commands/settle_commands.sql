-- purpose: what a camera's next wake says about the commands of the last one.
-- caller: private.wake_hello, at the first HELLO of a wake.
-- promise: a wake obeys a manual next_wake (from 15 minutes before its time) and proves a reboot or a ping: done. A file that was asked for and did not
--   come is queued again, at most 3 times, then failed. What is too old is expired.
create or replace function private.settle_commands(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    update public.device_commands as c
    set
        status = n.status,
        acknowledged_at = case when n.status = 'done' then coalesce(c.acknowledged_at, p_now) else c.acknowledged_at end,
        finished_at = case when n.status <> 'queued' then p_now end
    from (
        select
            o.command_id,
            case
                when o.expires_at <= p_now then 'expired'
                when o.status = 'queued' then 'queued'
                when o.command = 'next_wake' then case
                    when p_now >= (o.payload ->> 'wake_at')::timestamptz - interval '15 minutes' then 'done'
                    else o.status
                end
                when o.command <> 'send_image' then 'done'
                when o.attempts >= 3 then 'failed'
                else 'queued'
            end as status
        from public.device_commands as o
        where o.company_id = p_company_id and o.device_id = p_device_id and o.status in ('queued', 'published', 'acknowledged')
    ) as n
    where c.company_id = p_company_id and c.command_id = n.command_id and c.status <> n.status;
end;
$$;

comment on function private.settle_commands(uuid, uuid, timestamptz) is
'Moves a camera''s published commands on when its next wake begins.';
revoke all on function private.settle_commands(uuid, uuid, timestamptz) from public;
