-- purpose: images whose bytes are in the store.
-- caller: the edge, after the uploads.
-- promise: each item on its own (private.complete_image), then the counters of their sessions. Refused items are rows of the answer.
create or replace function private.complete_images(
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
    v_company_ids uuid[] := '{}'::uuid[];
    v_session_ids uuid[] := '{}'::uuid[];
    v_state text;
    v_message text;
begin
    perform private.lock_cameras(array_agg(i.company_id), array_agg(i.device_id), p_now)
    from public.device_images as i
    where i.image_id in (select (j.item ->> 'image_id')::uuid from jsonb_array_elements(p_items) as j (item));

    for v_item in
        select (j.n - 1)::int as idx, i.company_id, i.image_id, j.item ->> 'image_url' as image_url
        from jsonb_array_elements(p_items) with ordinality as j (item, n)
        left join public.device_images as i on i.image_id = (j.item ->> 'image_id')::uuid
        order by j.n
    loop
        begin
            v_session_ids := v_session_ids
                || (private.complete_image(v_item.company_id, v_item.image_id, v_item.image_url, false, p_now) ->> 'session_id')::uuid;
            v_company_ids := v_company_ids || v_item.company_id;
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

comment on function private.complete_images(jsonb, timestamptz) is
'Completes uploaded images [{image_id, image_url}]; returns the refused items: idx (0-based), reason, detail.';
revoke all on function private.complete_images(jsonb, timestamptz) from public;
grant execute on function private.complete_images(jsonb, timestamptz) to edge;
