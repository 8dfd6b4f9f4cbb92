-- purpose: images whose bytes are all here and are not in the store yet.
-- caller: the edge, which uploads them and then calls private.complete_images.
-- promise: each to one caller until its lease ends; the length is the announced one and the bytes are a whole JPEG; the path is that of the
--   content. Bad ones are asked for again or failed here and not returned; one that is larger than the bucket takes fails at once and is never put together.
create or replace function private.claim_assembled_images(
    p_limit int,
    p_lease interval,
    p_now timestamptz default now()
) returns table (
    company_id uuid,
    transfer_id uuid,
    image_id uuid,
    object_path text,
    data bytea
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_transfer record;
    v_why text;
    v_max_bytes bigint := (private.image_limits()).max_bytes;
    v_sha256 text;
    v_company_ids uuid[] := '{}'::uuid[];
    v_session_ids uuid[] := '{}'::uuid[];
begin
    for v_transfer in
        with claimed as (
            update private.image_transfers as t
            set claimed_until = p_now + p_lease, claim_attempts = t.claim_attempts + 1
            where (t.company_id, t.transfer_id) in (
                select a.company_id, a.transfer_id
                from private.image_transfers as a
                where a.state = 'assembled' and (a.claimed_until is null or a.claimed_until <= p_now)
                order by a.assembled_at
                limit p_limit
                for update skip locked)
            returning t.company_id, t.transfer_id, t.device_id, t.image_id, t.image_size, t.total_chunk_count
        )
        select t.*, size.is_too_large, bytes.data
        from claimed as t
        cross join lateral (
            select sum(length(c.data)) > v_max_bytes as is_too_large
            from private.image_chunks as c
            where c.company_id = t.company_id and c.transfer_id = t.transfer_id
        ) as size
        cross join lateral (
            select string_agg(c.data, '' order by c.chunk_id) as data
            from private.image_chunks as c
            where c.company_id = t.company_id and c.transfer_id = t.transfer_id and not size.is_too_large
                and not (c.chunk_id = t.total_chunk_count and exists (
                    select from private.image_chunks as z
                    where z.company_id = t.company_id and z.transfer_id = t.transfer_id and z.chunk_id = 0))
        ) as bytes
    loop
        if v_transfer.is_too_large then
            v_company_ids := v_company_ids || v_transfer.company_id;
            v_session_ids := v_session_ids || (private.fail_image(
                v_transfer.company_id, v_transfer.image_id, 'too_large', format('more than %s bytes', v_max_bytes), p_now) ->> 'session_id')::uuid;
            continue;
        end if;
        v_why := case
            when v_transfer.image_size is not null and length(v_transfer.data) <> v_transfer.image_size
                then 'the bytes do not add up to the announced size'
            when substring(v_transfer.data from 1 for 3) <> '\xffd8ff'::bytea
                or substring(v_transfer.data from length(v_transfer.data) - 1) <> '\xffd9'::bytea then 'the bytes are not a whole JPEG'
        end;
        if v_why is not null then
            v_company_ids := v_company_ids || v_transfer.company_id;
            v_session_ids := v_session_ids || private.refuse_bytes(v_transfer.company_id, v_transfer.transfer_id, v_why, p_now);
            continue;
        end if;
        v_sha256 := encode(sha256(v_transfer.data), 'hex');
        update public.device_images as i
        set sha256 = v_sha256, image_size = length(v_transfer.data), updated_at = p_now
        where i.company_id = v_transfer.company_id and i.image_id = v_transfer.image_id and i.status <> 'complete'
            and (i.sha256, i.image_size) is distinct from (v_sha256, length(v_transfer.data));
        company_id := v_transfer.company_id;
        transfer_id := v_transfer.transfer_id;
        image_id := v_transfer.image_id;
        object_path := v_transfer.company_id || '/' || v_sha256 || '.jpg';
        data := v_transfer.data;
        return next;
    end loop;
    perform private.recount_sessions(v_company_ids, v_session_ids);
end;
$$;

comment on function private.claim_assembled_images(int, interval, timestamptz) is
'Leases whole images to upload: company_id, transfer_id, image_id, object_path, data. Bad bytes are asked for again or failed.';
revoke all on function private.claim_assembled_images(int, interval, timestamptz) from public;
grant execute on function private.claim_assembled_images(int, interval, timestamptz) to edge;
