-- purpose: a camera's message shows that it obeys.
-- caller: private.wake_metadata.
-- promise: the metadata of a requested image acknowledges the request; any word acknowledges a ping, which is then done.
create or replace function private.acknowledge_commands(
    p_company_id uuid,
    p_device_id uuid,
    p_image_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    update public.device_commands as c
    set
        status = case when c.command = 'ping' then 'done' else 'acknowledged' end,
        acknowledged_at = p_now,
        finished_at = case when c.command = 'ping' then p_now end
    where c.company_id = p_company_id and c.device_id = p_device_id and c.status = 'published'
        and (c.command = 'ping' or (c.command = 'send_image' and c.payload ->> 'image_id' = p_image_id::text));
end;
$$;

comment on function private.acknowledge_commands(uuid, uuid, uuid, timestamptz) is
'Marks the published commands acknowledged that a metadata message answers.';
revoke all on function private.acknowledge_commands(uuid, uuid, uuid, timestamptz) from public;
