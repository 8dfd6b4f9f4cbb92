-- purpose: metadata and telemetry of cameras.
-- caller: the edge, a batch in arrival order.
-- promise: payload, image, session, counters, and the answer (send_image, ACK or sleep) in one transaction. An unknown MAC becomes pending and is
--   sent to sleep, as is a camera without a site; both are refused, so that the message is kept as a dead letter, and so is a photograph too large to be stored.
create or replace function private.ingest_metadata(
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
    v_session_id uuid;
    v_company_ids uuid[] := '{}'::uuid[];
    v_session_ids uuid[] := '{}'::uuid[];
    v_state text;
    v_message text;
    v_why text;
begin
    perform private.lock_cameras(array_agg(r.company_id), array_agg(r.device_id), p_now)
    from private.resolve_macs(array(select distinct i.item ->> 'mac' from jsonb_array_elements(p_items) as i (item))) as r
    where r.kind = 'camera';

    update public.devices as d
    set last_seen_at = p_now, updated_at = p_now
    from private.device_directory as y
    where y.device_mac in (select i.item ->> 'mac' from jsonb_array_elements(p_items) as i (item))
        and d.company_id = y.company_id and d.device_id = y.device_id and d.kind = 'camera'
        and (d.last_seen_at is null or d.last_seen_at < p_now - interval '5 seconds');

    for v_item in
        select (i.n - 1)::int as idx, i.item, y.company_id, y.device_id, d.kind, d.site_id, i.item ->> 'mac' as mac,
            i.item ->> 'prefix' as prefix, i.item ->> 'topic_id' as topic_id
        from jsonb_array_elements(p_items) with ordinality as i (item, n)
        left join private.device_directory as y on y.device_mac = i.item ->> 'mac'
        left join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
        order by i.n
    loop
        begin
            if v_item.kind = 'rig' then
                idx := v_item.idx; reason := 'device_mismatch'; detail := 'the MAC is a rig''s';
                return next;
            elsif v_item.site_id is null then
                if v_item.device_id is null then
                    perform private.note_pending(v_item.mac, v_item.prefix, v_item.topic_id, false, null, p_now);
                end if;
                perform private.sleep_camera(v_item.company_id, v_item.device_id, v_item.prefix, v_item.topic_id, p_now);
                idx := v_item.idx; reason := 'unknown_device';
                detail := case when v_item.device_id is null then 'the MAC is not mapped' else 'the camera has no site' end;
                return next;
            else
                v_why := private.refuse_capture(v_item.company_id, v_item.device_id, v_item.item, p_now);
                if v_why is not null then
                    idx := v_item.idx; reason := 'too_large'; detail := v_why;
                    return next;
                    continue;
                end if;
                v_session_id := private.wake_metadata(v_item.company_id, v_item.device_id, v_item.item, p_now);
                if v_session_id is not null then
                    v_company_ids := v_company_ids || v_item.company_id;
                    v_session_ids := v_session_ids || v_session_id;
                end if;
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

    perform private.recount_sessions(v_company_ids, v_session_ids);
end;
$$;

comment on function private.ingest_metadata(jsonb, timestamptz) is
'Takes a batch of metadata and telemetry; answers go to the outbox. Returns the refused items: idx (0-based), reason, detail.';
revoke all on function private.ingest_metadata(jsonb, timestamptz) from public;
grant execute on function private.ingest_metadata(jsonb, timestamptz) to edge;
