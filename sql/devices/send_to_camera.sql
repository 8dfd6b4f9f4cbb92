-- purpose: one message to a camera.
-- caller: every function that answers a camera.
-- promise: a row of the outbox in the caller's transaction, on the topic of the id as the device wrote it. It expires with the wake:
--   published later, a sleep or a capture would hit the next wake.
create or replace function private.send_to_camera(
    p_company_id uuid,
    p_device_id uuid,
    p_prefix text,
    p_topic_id text,
    p_channel text,
    p_body jsonb,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into private.mqtt_outbox (company_id, device_id, topic, payload, created_at, not_before, expires_at)
    values (
        p_company_id, p_device_id, p_prefix || '/' || p_topic_id || '/' || p_channel,
        jsonb_build_object('device_id', p_topic_id) || p_body, p_now, p_now, p_now + interval '5 minutes'
    );
end;
$$;

comment on function private.send_to_camera(uuid, uuid, text, text, text, jsonb, timestamptz) is
'Puts a message (channel cmd or ack) for a camera into the outbox.';
revoke all on function private.send_to_camera(uuid, uuid, text, text, text, jsonb, timestamptz) from public;
