-- purpose: a photograph that is announced larger than can be stored.
-- caller: private.ingest_metadata, before it makes any row; holds the camera's lock.
-- promise: null when the announced size and chunk count are within private.image_limits. Else why not, the file is given up for this wake, which goes on: the next of
--   the backlog, or a sleep; the camera keeps the file.
create or replace function private.refuse_capture(
    p_company_id uuid,
    p_device_id uuid,
    p_item jsonb,
    p_now timestamptz default now()
) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_why text;
    v_key uuid;
begin
    if p_item ->> 'image_name' is null then
        return null;
    end if;
    select case
        when (p_item ->> 'total_chunk_count')::bigint > l.max_chunks then format('total_chunk_count: at most %s', l.max_chunks)
        when (p_item ->> 'image_size')::bigint > l.max_bytes then format('image_size: at most %s bytes', l.max_bytes)
    end
    into v_why
    from private.image_limits() as l;
    if v_why is null then
        return null;
    end if;

    perform private.touch_wake(p_company_id, p_device_id, p_item ->> 'prefix', p_item ->> 'topic_id', p_now);
    -- The same announcement again is the same file.
    v_key := md5(concat_ws('|', p_item ->> 'image_name', p_item ->> 'capture_key'))::uuid;
    update private.wakes as w
    set
        settled = case when w.pending_count > cardinality(w.settled) then array_append(w.settled, v_key) else w.settled end,
        capture_state = case when w.pending_count > cardinality(w.settled) then w.capture_state else 'failed' end
    where w.company_id = p_company_id and w.device_id = p_device_id and w.ended_at is null and v_key <> all (w.settled)
        and (w.pending_count > cardinality(w.settled) or w.capture_state is null);
    if found then
        perform private.wake_step(p_company_id, p_device_id, p_now);
    end if;
    return v_why;
end;
$$;

comment on function private.refuse_capture(uuid, uuid, jsonb, timestamptz) is
'Why an announced photograph is too large to be stored, or null; its wake goes on without it.';
revoke all on function private.refuse_capture(uuid, uuid, jsonb, timestamptz) from public;
