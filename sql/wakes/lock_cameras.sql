-- purpose: put a camera's messages in order.
-- caller: every function that changes a camera's wake, transfers or images, before it reads them.
-- promise: the row of private.wakes of each device exists and is locked until the transaction ends, in one global order (no deadlock within one kind).
create or replace function private.lock_cameras(
    p_company_ids uuid[],
    p_device_ids uuid[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into private.wakes (company_id, device_id, started_at, last_message_at, ended_at, topic_prefix, topic_id)
    select d.company_id, d.device_id, p_now, p_now, p_now, 'device', d.device_mac
    from unnest(p_company_ids, p_device_ids) as k (company_id, device_id)
    join public.devices as d on d.company_id = k.company_id and d.device_id = k.device_id
    where not exists (select from private.wakes as w where w.company_id = k.company_id and w.device_id = k.device_id)
    on conflict do nothing;

    perform
    from private.wakes as w
    where (w.company_id, w.device_id) in (select k.c, k.d from unnest(p_company_ids, p_device_ids) as k (c, d))
    order by w.company_id, w.device_id
    for update;
end;
$$;

comment on function private.lock_cameras(uuid[], uuid[], timestamptz) is 'Locks the wake rows of cameras, in key order.';
revoke all on function private.lock_cameras(uuid[], uuid[], timestamptz) from public;
