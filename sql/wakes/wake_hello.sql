-- purpose: one HELLO of a mapped camera.
-- caller: private.ingest_hellos.
-- promise: the first HELLO of a wake settles the backlog strategy and asks for the first thing; any later one changes nothing. Within 30 s of
--   a wake's last message it only gets that message again. Queued commands of people go out with the first HELLO.
create or replace function private.wake_hello(
    p_company_id uuid,
    p_device_id uuid,
    p_item jsonb,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_prefix text := p_item ->> 'prefix';
    v_topic_id text := p_item ->> 'topic_id';
    v_pending int := greatest(coalesce((p_item ->> 'pending_count')::int, 0), 0);
    v_list text[] := coalesce(
        (select array_agg(n.name) from jsonb_array_elements_text(nullif(p_item -> 'pending_list', 'null')) as n (name)), '{}');
    v_wake private.wakes;
    v_requested uuid[];
begin
    select * into strict v_wake
    from private.wakes as w
    where w.company_id = p_company_id and w.device_id = p_device_id;
    if v_wake.final_payload is not null and v_wake.ended_at >= p_now - interval '30 seconds' then
        update private.wakes as w set topic_prefix = v_prefix, topic_id = v_topic_id
        where w.company_id = p_company_id and w.device_id = p_device_id;
        perform private.answer_wake(p_company_id, p_device_id, v_wake.final_channel, v_wake.final_payload, p_now);
        return;
    end if;

    perform private.touch_wake(p_company_id, p_device_id, v_prefix, v_topic_id, p_now);
    update private.wakes as w
    set
        battery_voltage = coalesce((p_item ->> 'battery_voltage')::double precision, w.battery_voltage),
        wifi_rssi = coalesce((p_item ->> 'wifi_rssi')::double precision, w.wifi_rssi)
    where w.company_id = p_company_id and w.device_id = p_device_id
    returning * into v_wake;
    if v_wake.hello_at is not null or v_wake.capture_state is not null then
        return;
    end if;

    perform private.settle_commands(p_company_id, p_device_id, p_now);
    if not private.publish_commands(p_company_id, p_device_id, p_now) then
        return;
    end if;
    -- 0 is a value: no backlog, whatever the list says. A list longer than the count is believed.
    if v_pending = 0 then
        v_list := '{}';
    end if;
    v_pending := greatest(v_pending, cardinality(v_list));
    v_requested := array(
        select i.image_id
        from public.device_commands as c
        join public.device_images as i on i.company_id = c.company_id and i.image_id = (c.payload ->> 'image_id')::uuid
        where c.company_id = p_company_id and c.device_id = p_device_id and c.command = 'send_image' and c.status = 'queued'
            and i.status <> 'complete'
        order by c.created_at, c.command_id);
    update private.wakes as w
    set
        hello_at = p_now,
        -- A requested file counts as backlog, so that the wake waits for it.
        pending_count = v_pending + cardinality(v_requested),
        pending_list = v_list,
        requested = v_requested,
        strategy = coalesce(
            (select d.backlog_strategy from public.devices as d where d.company_id = p_company_id and d.device_id = p_device_id),
            case when cardinality(v_list) > 0 then 'list' else 'names' end)
    where w.company_id = p_company_id and w.device_id = p_device_id;

    perform private.wake_step(p_company_id, p_device_id, p_now);
end;
$$;

comment on function private.wake_hello(uuid, uuid, jsonb, timestamptz) is 'The state change and the answer of one HELLO of a mapped camera.';
revoke all on function private.wake_hello(uuid, uuid, jsonb, timestamptz) from public;
