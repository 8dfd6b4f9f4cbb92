-- purpose: a whole set of chunks that is not the image that was announced.
-- caller: private.claim_assembled_images.
-- promise: the chunks are dropped; an awake camera is asked for the file again, at most twice; after that, or when it sleeps, the image fails.
--   Returns the session to recount, or null.
create or replace function private.refuse_bytes(
    p_company_id uuid,
    p_transfer_id uuid,
    p_why text,
    p_now timestamptz default now()
) returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_transfer private.image_transfers;
    v_awake boolean;
begin
    perform private.lock_cameras(array[t.company_id], array[t.device_id], p_now)
    from private.image_transfers as t
    where t.company_id = p_company_id and t.transfer_id = p_transfer_id;
    delete from private.image_chunks as c where c.company_id = p_company_id and c.transfer_id = p_transfer_id;
    update private.image_transfers as t
    set state = 'open', resends = t.resends + 1, asked_at = p_now, claimed_until = null, assembled_at = null
    where t.company_id = p_company_id and t.transfer_id = p_transfer_id
    returning * into v_transfer;
    select exists (
        select from private.wakes as w
        where w.company_id = p_company_id and w.device_id = v_transfer.device_id and w.ended_at is null
    ) into v_awake;

    if v_awake and v_transfer.resends <= 2 then
        perform private.answer_wake(
            p_company_id, v_transfer.device_id, 'cmd', jsonb_build_object('send_image', v_transfer.image_name), p_now);
        return null;
    end if;
    return (private.fail_image(p_company_id, v_transfer.image_id, 'bad_bytes', p_why, p_now) ->> 'session_id')::uuid;
end;
$$;

comment on function private.refuse_bytes(uuid, uuid, text, timestamptz) is
'Drops the bytes of a bad transfer and asks for the file again, or fails the image.';
revoke all on function private.refuse_bytes(uuid, uuid, text, timestamptz) from public;
