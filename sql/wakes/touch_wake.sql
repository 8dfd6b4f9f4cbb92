-- purpose: private.touch_wakes for one camera.
-- caller: private.wake_hello, private.wake_metadata.
-- promise: the same.
create or replace function private.touch_wake(
    p_company_id uuid,
    p_device_id uuid,
    p_prefix text,
    p_topic_id text,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- The common case in one cheap statement.
    update private.wakes as w
    set last_message_at = p_now, topic_prefix = p_prefix, topic_id = p_topic_id
    where w.company_id = p_company_id and w.device_id = p_device_id
        and w.ended_at is null and w.last_message_at >= p_now - interval '5 minutes';
    if not found then
        perform private.touch_wakes(array[p_company_id], array[p_device_id], array[p_prefix], array[p_topic_id], p_now);
    end if;
end;
$$;

comment on function private.touch_wake(uuid, uuid, text, text, timestamptz) is 'Continues or begins the wake of a camera.';
revoke all on function private.touch_wake(uuid, uuid, text, text, timestamptz) from public;
