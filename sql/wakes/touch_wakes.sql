-- purpose: a message of a camera belongs to a wake.
-- caller: the ingest functions, after private.lock_cameras.
-- promise: the open wake goes on; where there is none, or it was silent for 5 minutes, a new one begins with everything forgotten.
--   Answers go to the prefix and id of this message.
create or replace function private.touch_wakes(
    p_company_ids uuid[],
    p_device_ids uuid[],
    p_prefixes text[],
    p_topic_ids text[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    update private.wakes as w
    set
        wake_id = private.new_id(), started_at = p_now, ended_at = null, hello_at = null, battery_voltage = null, wifi_rssi = null,
        strategy = null, pending_count = 0, pending_list = '{}', backlog_requested_at = null, requested = '{}', asked = '{}',
        settled = '{}',
        captures_requested = 0, capture_requested_at = null, capture_state = null, capture_image_id = null,
        final_channel = null, final_payload = null
    from unnest(p_company_ids, p_device_ids) as k (company_id, device_id)
    where w.company_id = k.company_id and w.device_id = k.device_id
        and (w.ended_at is not null or w.last_message_at < p_now - interval '5 minutes');

    update private.wakes as w
    set last_message_at = p_now, topic_prefix = k.prefix, topic_id = k.topic_id
    from unnest(p_company_ids, p_device_ids, p_prefixes, p_topic_ids) as k (company_id, device_id, prefix, topic_id)
    where w.company_id = k.company_id and w.device_id = k.device_id;
end;
$$;

comment on function private.touch_wakes(uuid[], uuid[], text[], text[], timestamptz) is 'Continues or begins the wakes of cameras.';
revoke all on function private.touch_wakes(uuid[], uuid[], text[], text[], timestamptz) from public;
