-- purpose: HELLOs of cameras.
-- caller: the edge, a batch in arrival order.
-- promise: presence of known cameras in one statement, then each HELLO's effect on its wake. An unknown MAC becomes pending and is sent to
--   sleep, so is a camera without a site, and one that uses the enrolment account although it has its own. Refused items are rows of the answer.
create or replace function private.ingest_hellos(
    p_items jsonb,
    p_now timestamptz default now()
) returns table (
    idx int,
    reason text,
    detail text
)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_item record;
    v_state text;
    v_message text;
begin
    perform private.lock_cameras(array_agg(r.company_id), array_agg(r.device_id), p_now)
    from private.resolve_macs(array(select distinct i.item ->> 'mac' from jsonb_array_elements(p_items) as i (item))) as r
    where r.kind = 'camera';

    update public.devices as d
    set
        last_seen_at = greatest(d.last_seen_at, p_now),
        battery_voltage = coalesce(h.battery_voltage, d.battery_voltage),
        wifi_rssi = coalesce(h.wifi_rssi, d.wifi_rssi),
        firmware_version = coalesce(h.firmware_version, d.firmware_version),
        hardware_version = coalesce(h.hardware_version, d.hardware_version),
        updated_at = p_now
    from (
        select distinct on (y.company_id, y.device_id)
            y.company_id, y.device_id,
            private.json_number(i.item -> 'battery_voltage') as battery_voltage,
            private.json_number(i.item -> 'wifi_rssi') as wifi_rssi,
            i.item ->> 'firmware_version' as firmware_version,
            i.item ->> 'hardware_version' as hardware_version
        from jsonb_array_elements(p_items) with ordinality as i (item, n)
        join private.device_directory as y on y.device_mac = i.item ->> 'mac'
        where y.device_id is not null and i.item -> 'enrolment' is distinct from 'true'
        order by y.company_id, y.device_id, i.n desc
    ) as h
    where d.company_id = h.company_id and d.device_id = h.device_id and d.kind = 'camera';

    for v_item in
        select (i.n - 1)::int as idx, i.item, y.company_id, y.device_id, d.kind, d.site_id, i.item ->> 'mac' as mac,
            i.item ->> 'prefix' as prefix, i.item ->> 'topic_id' as topic_id, i.item -> 'enrolment' is not distinct from 'true' as enrolment
        from jsonb_array_elements(p_items) with ordinality as i (item, n)
        left join private.device_directory as y on y.device_mac = i.item ->> 'mac'
        left join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
        order by i.n
    loop
        begin
            if v_item.kind = 'rig' then
                idx := v_item.idx; reason := 'device_mismatch'; detail := 'the MAC is a rig''s';
                return next;
            elsif v_item.device_id is null then
                perform private.note_pending(v_item.mac, v_item.prefix, v_item.topic_id, v_item.enrolment, v_item.item, p_now);
                perform private.sleep_camera(
                    null, null, case when v_item.enrolment then 'enrol/' else '' end || v_item.prefix, v_item.topic_id, p_now);
            elsif v_item.enrolment then
                update private.device_directory as y set seen_on_enrolment_at = p_now where y.device_mac = v_item.mac;
                perform private.sleep_camera(
                    v_item.company_id, v_item.device_id, 'enrol/' || v_item.prefix, v_item.topic_id, p_now);
                perform private.raise_alert(
                    v_item.company_id, 'use_own_account', 'warning', v_item.device_id,
                    'a mapped camera connects with the enrolment account', '{}', p_now, p_device_id => v_item.device_id);
            elsif v_item.site_id is null then
                perform private.sleep_camera(v_item.company_id, v_item.device_id, v_item.prefix, v_item.topic_id, p_now);
            else
                perform private.wake_hello(v_item.company_id, v_item.device_id, v_item.item, p_now);
                perform private.resolve_alert(v_item.company_id, 'use_own_account', v_item.device_id, p_now);
                perform private.check_battery(
                    v_item.company_id, v_item.device_id, private.json_number(v_item.item -> 'battery_voltage'), p_now);
            end if;
        exception when others then
            get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
            idx := v_item.idx; reason := private.refusal_reason(v_state); detail := v_message;
            if reason is null then
                raise;
            end if;
            return next;
        end;
    end loop;
end;
$$;

comment on function private.ingest_hellos(jsonb, timestamptz) is
'Takes a batch of HELLOs; answers go to the outbox. Returns the refused items: idx (0-based), reason, detail.';
revoke all on function private.ingest_hellos(jsonb, timestamptz) from public;
grant execute on function private.ingest_hellos(jsonb, timestamptz) to edge;
