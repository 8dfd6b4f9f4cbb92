-- purpose: metadata of an image that is not complete has arrived.
-- caller: private.wake_metadata, which holds the camera's lock.
-- promise: one transfer an image; chunks that came before are adopted; another chunk count or size than before starts it anew; send_image once a
--   wake, and not at all when the camera is streaming already or everything is here.
create or replace function private.open_transfer(
    p_company_id uuid,
    p_device_id uuid,
    p_image_id uuid,
    p_total_chunk_count int,
    p_image_size int,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_image public.device_images;
    v_transfer private.image_transfers;
    v_orphan private.image_transfers;
    v_wake_started_at timestamptz;
begin
    select * into strict v_image from public.device_images as i where i.company_id = p_company_id and i.image_id = p_image_id;
    insert into private.image_transfers (
        company_id, device_id, image_name, image_id, total_chunk_count, image_size, metadata_at, last_activity_at, created_at)
    values (
        p_company_id, p_device_id, v_image.image_name, p_image_id, p_total_chunk_count, p_image_size, p_now, p_now, p_now)
    on conflict (company_id, image_id) where image_id is not null do nothing;
    select * into strict v_transfer
    from private.image_transfers as t
    where t.company_id = p_company_id and t.image_id = p_image_id
    for update;

    if v_transfer.total_chunk_count is distinct from p_total_chunk_count or v_transfer.image_size is distinct from p_image_size then
        if v_transfer.total_chunk_count is not null then
            delete from private.image_chunks as c where c.company_id = p_company_id and c.transfer_id = v_transfer.transfer_id;
        end if;
        update private.image_transfers as t
        set total_chunk_count = p_total_chunk_count, image_size = p_image_size, state = 'open', send_image_at = null
        where t.company_id = p_company_id and t.transfer_id = v_transfer.transfer_id
        returning * into v_transfer;
        update public.device_images as i
        set total_chunk_count = p_total_chunk_count, image_size = p_image_size, updated_at = p_now
        where i.company_id = p_company_id and i.image_id = p_image_id;
    end if;
    update private.image_transfers as t set metadata_at = p_now
    where t.company_id = p_company_id and t.transfer_id = v_transfer.transfer_id;

    select * into v_orphan
    from private.image_transfers as t
    where t.company_id = p_company_id and t.device_id = p_device_id and t.image_name = v_image.image_name and t.image_id is null
    for update;
    if found then
        insert into private.image_chunks (company_id, transfer_id, chunk_id, data)
        select c.company_id, v_transfer.transfer_id, c.chunk_id, c.data
        from private.image_chunks as c
        where c.company_id = p_company_id and c.transfer_id = v_orphan.transfer_id and c.chunk_id <= p_total_chunk_count
        on conflict do nothing;
        delete from private.image_chunks as c
        where c.company_id = p_company_id and c.transfer_id = v_orphan.transfer_id;
        delete from private.image_transfers as t
        where t.company_id = p_company_id and t.transfer_id = v_orphan.transfer_id;
        update private.image_transfers as t
        set last_activity_at = greatest(t.last_activity_at, v_orphan.last_activity_at)
        where t.company_id = p_company_id and t.transfer_id = v_transfer.transfer_id;
        perform private.check_transfers(array[p_company_id], array[v_transfer.transfer_id], p_now);
        select * into v_transfer from private.image_transfers as t
        where t.company_id = p_company_id and t.transfer_id = v_transfer.transfer_id;
        if v_transfer.state = 'open' and v_orphan.last_activity_at >= p_now - interval '15 seconds' then
            -- It streams: send_image now would start it again.
            update private.image_transfers as t set send_image_at = p_now, asked_at = p_now
            where t.company_id = p_company_id and t.transfer_id = v_transfer.transfer_id
            returning * into v_transfer;
        end if;
    end if;

    select w.started_at into v_wake_started_at
    from private.wakes as w
    where w.company_id = p_company_id and w.device_id = p_device_id;
    if v_transfer.state = 'failed' or (v_transfer.state = 'open'
        and (v_transfer.send_image_at is null or v_transfer.send_image_at < v_wake_started_at)) then
        perform private.ask_image(p_company_id, p_device_id, p_image_id, p_now);
    end if;
end;
$$;

comment on function private.open_transfer(uuid, uuid, uuid, int, int, timestamptz) is
'Opens or resumes the transfer of an image after its metadata, and sends send_image where it is needed.';
revoke all on function private.open_transfer(uuid, uuid, uuid, int, int, timestamptz) from public;
