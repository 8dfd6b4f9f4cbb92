-- purpose: the photographs of a camera that have not arrived, with what is here of each.
-- caller: public.device_page.
-- promise: the newest 20. have: ranges of chunk ids, first and last, as the device numbers them; first_chunk_id: its base, 0 until an id N says 1.
create or replace function private.device_transfers(
    p_company_id uuid,
    p_device_id uuid
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'image_id', i.image_id, 'image_name', i.image_name, 'captured_at', i.captured_at, 'status', i.status, 'state', t.state,
            'image_size', i.image_size, 'total_chunk_count', i.total_chunk_count, 'received_chunk_count', coalesce(c.held, 0),
            'first_chunk_id', case when c.lowest > 0 and c.highest >= i.total_chunk_count then 1 else 0 end,
            'have', coalesce(c.have, '[]'), 'rounds', t.rounds, 'resends', t.resends, 'last_activity_at', t.last_activity_at,
            'retry_count', i.retry_count, 'error_code', i.error_code, 'error_message', i.error_message)
            order by i.captured_at desc, i.image_id), '[]')
        from (
            select n.*
            from public.device_images as n
            where n.company_id = p_company_id and n.device_id = p_device_id and n.status <> 'complete'
            order by n.captured_at desc
            limit 20
        ) as i
        left join private.image_transfers as t on t.company_id = i.company_id and t.image_id = i.image_id
        left join lateral (
            select sum(k.held)::int as held, min(k.first) as lowest, max(k.last) as highest,
                jsonb_agg(jsonb_build_array(k.first, k.last) order by k.first) as have
            from (
                select count(*) as held, min(g.chunk_id) as first, max(g.chunk_id) as last
                from (
                    select h.chunk_id, h.chunk_id - row_number() over (order by h.chunk_id) as island
                    from private.image_chunks as h
                    where h.company_id = t.company_id and h.transfer_id = t.transfer_id
                ) as g
                group by g.island
            ) as k
        ) as c on true
    );
end;
$$;

comment on function private.device_transfers(uuid, uuid) is
'Photographs of a camera that are on their way or failed, newest first, with the chunks that are here.';
revoke all on function private.device_transfers(uuid, uuid) from public;
