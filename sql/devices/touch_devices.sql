-- purpose: note that devices were heard, without a write for every message.
-- caller: ingest functions, for devices whose last_seen_at is 30 s old.
-- promise: last_seen_at moves forward only; data alone does not revive a device after its will (a handler may get it late).
create or replace function private.touch_devices(
    p_device_ids uuid[],
    p_now timestamptz default now()
) returns void
language sql
volatile
security definer
set search_path = ''
as $$
    update public.devices as d set last_seen_at = p_now, updated_at = p_now
    from (
        select t.company_id, t.device_id
        from public.devices as t
        where
            t.device_id = any (p_device_ids)
            and (t.last_seen_at is null or t.last_seen_at < p_now - interval '30 seconds')
            and (t.last_will_at is null or t.last_will_at < t.last_seen_at)
        order by t.device_id
        for no key update
    ) as k
    where d.company_id = k.company_id and d.device_id = k.device_id;
$$;

comment on function private.touch_devices(uuid[], timestamptz) is 'Moves last_seen_at of these devices to p_now where it is 30 s old.';
revoke all on function private.touch_devices(uuid[], timestamptz) from public;
