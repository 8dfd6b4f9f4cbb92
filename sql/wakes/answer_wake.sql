-- purpose: a message to an awake camera.
-- caller: functions that hold the camera's lock.
-- promise: goes to the prefix and id the camera last wrote.
create or replace function private.answer_wake(
    p_company_id uuid,
    p_device_id uuid,
    p_channel text,
    p_body jsonb,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.send_to_camera(p_company_id, p_device_id, w.topic_prefix, w.topic_id, p_channel, p_body, p_now)
    from private.wakes as w
    where w.company_id = p_company_id and w.device_id = p_device_id;
end;
$$;

comment on function private.answer_wake(uuid, uuid, text, jsonb, timestamptz) is 'Sends a message to the camera under its last topic.';
revoke all on function private.answer_wake(uuid, uuid, text, jsonb, timestamptz) from public;
