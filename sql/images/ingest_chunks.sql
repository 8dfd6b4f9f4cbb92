-- purpose: chunks of images: the volume of a camera's traffic.
-- caller: the edge, a batch of parallel arrays.
-- promise: a fixed number of statements a batch. A chunk goes to the newest transfer of its name that has metadata; without one, or when that
--   transfer holds other bytes under the same id, it waits for the next metadata of the name. Bytes that are already here are ignored and
--   wake nothing. A transfer whose set is whole becomes assembled. Unknown devices are refused (idx = position from 0).
create or replace function private.ingest_chunks(
    p_macs text[],
    p_prefixes text[],
    p_topic_ids text[],
    p_image_names text[],
    p_chunk_ids int[],
    p_data bytea[],
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
#variable_conflict use_column
declare
    v_company_ids uuid[];
    v_device_ids uuid[];
    v_topic_prefixes text[];
    v_topic_ids text[];
    v_transfer_companies uuid[];
    v_transfer_ids uuid[];
    v_strangers text[];
    v_last_id int := (private.image_limits()).max_chunks;
begin
    perform private.lock_cameras(array_agg(r.company_id), array_agg(r.device_id), p_now)
    from private.resolve_macs(array(select distinct m.mac from unnest(p_macs) as m (mac))) as r
    where r.kind = 'camera' and r.site_id is not null;
    -- Asked once a camera, not once a chunk.
    v_strangers := array(
        select m.mac
        from (select distinct u.mac from unnest(p_macs) as u (mac)) as m
        where not exists (
            select
            from private.device_directory as y
            join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
            where y.device_mac = m.mac and d.kind = 'camera' and d.site_id is not null));

    return query
    select (u.n - 1)::int, 'bad_type', 'chunk id or length out of range'
    from unnest(p_chunk_ids, p_data) with ordinality as u (chunk_id, data, n)
    where u.chunk_id is null or u.chunk_id not between 0 and v_last_id or u.data is null or length(u.data) not between 1 and 65536
    union all
    select (u.n - 1)::int, 'unknown_device', 'no camera with a site has this MAC'
    from unnest(p_macs) with ordinality as u (mac, n)
    where u.mac is null or u.mac = any (v_strangers);
    perform private.note_pending(u.mac, min(u.prefix), min(u.topic_id), false, null, p_now)
    from unnest(p_macs, p_prefixes, p_topic_ids) as u (mac, prefix, topic_id)
    left join private.device_directory as y on y.device_mac = u.mac
    where u.mac = any (v_strangers) and y.device_id is null
    group by u.mac;

    -- Grouped by file, so that what a file needs is looked up once and nothing is joined back to 500 chunks.
    with file as materialized (
        select y.company_id, y.device_id, u.image_name, array_agg(u.chunk_id) as chunk_ids, array_agg(u.data) as datas
        from unnest(p_macs, p_image_names, p_chunk_ids, p_data) as u (mac, image_name, chunk_id, data)
        join private.device_directory as y on y.device_mac = u.mac
        where u.chunk_id between 0 and v_last_id and length(u.data) between 1 and 65536
        group by y.company_id, y.device_id, u.image_name
    ), target as materialized (
        select f.*, t.transfer_id, t.state in ('open', 'failed') and not s.is_other as takes, t.total_chunk_count
        from file as f
        join public.devices as d on d.company_id = f.company_id and d.device_id = f.device_id
        join private.wakes as w on w.company_id = f.company_id and w.device_id = f.device_id
        left join lateral (
            select t.transfer_id, t.state, t.total_chunk_count, greatest(t.metadata_at, t.send_image_at, t.asked_at) as named_at
            from private.image_transfers as t
            where t.company_id = f.company_id and t.device_id = f.device_id and t.image_name = f.image_name and t.image_id is not null
            order by t.metadata_at desc
            limit 1
        ) as t on true
        cross join lateral (
            -- Names repeat: what this wake has not named yet may be another photograph, whose metadata comes after its chunks.
            -- One chunk that differs says so, and then none of them may fill the gaps of the old one.
            select case
                when t.named_at >= w.started_at and w.ended_at is null and w.last_message_at >= p_now - interval '5 minutes' then false
                else exists (
                    select
                    from unnest(f.chunk_ids, f.datas) as c (chunk_id, data)
                    join private.image_chunks as h
                        on h.company_id = f.company_id and h.transfer_id = t.transfer_id and h.chunk_id = c.chunk_id and h.data <> c.data)
                    or exists (
                        select from private.image_transfers as o
                        where o.company_id = f.company_id and o.device_id = f.device_id and o.image_name = f.image_name
                            and o.image_id is null and o.last_activity_at >= w.started_at and o.last_activity_at > t.named_at)
            end as is_other
        ) as s
        where d.kind = 'camera' and d.site_id is not null
    ), routed as materialized (
        -- Not here yet and room for it: the transfer. Here with the same bytes: nowhere. Else: waits for its own metadata.
        select g.company_id, g.device_id, g.image_name, c.chunk_id, c.data,
            case when g.takes and h.chunk_id is null then g.transfer_id end as transfer_id, c.n
        from target as g
        cross join lateral unnest(g.chunk_ids, g.datas) with ordinality as c (chunk_id, data, n)
        left join private.image_chunks as h
            on h.company_id = g.company_id and h.transfer_id = g.transfer_id and h.chunk_id = c.chunk_id
        where h.data is distinct from c.data
            and not coalesce(g.takes and c.chunk_id > g.total_chunk_count, false)
    ), orphan as (
        insert into private.image_transfers as t (company_id, device_id, image_name, last_activity_at, created_at)
        select distinct r.company_id, r.device_id, r.image_name, p_now, p_now
        from routed as r
        where r.transfer_id is null
        on conflict (company_id, device_id, image_name) where image_id is null do update
        set last_activity_at = excluded.last_activity_at
        returning t.company_id, t.device_id, t.image_name, t.transfer_id
    ), waiting as (
        -- The newest bytes win: older ones under this name are of a photograph whose metadata never came.
        insert into private.image_chunks as k (company_id, transfer_id, chunk_id, data)
        select distinct on (o.company_id, o.transfer_id, r.chunk_id) o.company_id, o.transfer_id, r.chunk_id, r.data
        from routed as r
        join orphan as o on o.company_id = r.company_id and o.device_id = r.device_id and o.image_name = r.image_name
        where r.transfer_id is null
        order by o.company_id, o.transfer_id, r.chunk_id, r.n desc
        on conflict (company_id, transfer_id, chunk_id) do update
        set data = excluded.data
        where k.data <> excluded.data
    ), stored as (
        insert into private.image_chunks (company_id, transfer_id, chunk_id, data)
        select r.company_id, r.transfer_id, r.chunk_id, r.data
        from routed as r
        where r.transfer_id is not null
        on conflict do nothing
        returning company_id, transfer_id
    ), touched as (
        select distinct s.company_id, s.transfer_id from stored as s
    ), seen as (
        select distinct r.company_id, r.device_id from routed as r
    )
    select
        (select array_agg(s.company_id) from touched as s), (select array_agg(s.transfer_id) from touched as s),
        (select array_agg(s.company_id order by s.company_id, s.device_id) from seen as s),
        (select array_agg(s.device_id order by s.company_id, s.device_id) from seen as s)
    into v_transfer_companies, v_transfer_ids, v_company_ids, v_device_ids;
    if v_company_ids is null then
        return;
    end if;

    -- The camera's lock makes this the only writer of its transfers, so the count below misses nothing.
    update private.image_transfers as t
    set last_activity_at = p_now
    from unnest(v_transfer_companies, v_transfer_ids) as k (company_id, transfer_id)
    where t.company_id = k.company_id and t.transfer_id = k.transfer_id;
    perform private.check_transfers(v_transfer_companies, v_transfer_ids, p_now);

    select array_agg(k.prefix), array_agg(k.topic_id), array_agg(k.company_id), array_agg(k.device_id)
    into v_topic_prefixes, v_topic_ids, v_company_ids, v_device_ids
    from (
        select distinct on (s.company_id, s.device_id) s.company_id, s.device_id, u.prefix, u.topic_id
        from unnest(v_company_ids, v_device_ids) as s (company_id, device_id)
        join private.device_directory as y on y.company_id = s.company_id and y.device_id = s.device_id
        join unnest(p_macs, p_prefixes, p_topic_ids) with ordinality as u (mac, prefix, topic_id, n) on u.mac = y.device_mac
        order by s.company_id, s.device_id, u.n desc
    ) as k;
    perform private.touch_wakes(v_company_ids, v_device_ids, v_topic_prefixes, v_topic_ids, p_now);
end;
$$;

comment on function private.ingest_chunks(text[], text[], text[], text[], int[], bytea[], timestamptz) is
'Stores a batch of chunks and marks whole transfers assembled. Returns the refused ones: idx (0-based), reason, detail.';
revoke all on function private.ingest_chunks(text[], text[], text[], text[], int[], bytea[], timestamptz) from public;
grant execute on function private.ingest_chunks(text[], text[], text[], text[], int[], bytea[], timestamptz) to edge;
