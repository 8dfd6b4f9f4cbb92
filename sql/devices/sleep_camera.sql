-- purpose: the sleep, alone.
-- caller: messages that are answered by nothing else: no site, no company, the enrolment listener.
-- promise: cmd {"device_id","next_wake"}; for a known device the time is also stored; touches no wake.
create or replace function private.sleep_camera(
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
declare
    v_next timestamptz;
begin
    if p_device_id is null then
        v_next := private.next_wake(null, null, p_now);
    else
        v_next := private.plan_next_wake(p_company_id, p_device_id, p_now);
    end if;
    perform private.send_to_camera(
        p_company_id, p_device_id, p_prefix, p_topic_id, 'cmd',
        jsonb_build_object('next_wake', private.wake_time_text(v_next)), p_now);
end;
$$;

comment on function private.sleep_camera(uuid, uuid, text, text, timestamptz) is 'Sends a camera to sleep without touching its wake.';
revoke all on function private.sleep_camera(uuid, uuid, text, text, timestamptz) from public;
