-- purpose: whether the chunks of transfers are whole.
-- caller: private.ingest_chunks, private.open_transfer; they have locked the transfers before, so that a count sees all that was committed.
-- promise: assembled when the ids 0..N-1, or without an id 0 the ids 1..N, are all here; a count alone is not enough, a foreign id does not count.
create or replace function private.check_transfers(
    p_company_ids uuid[],
    p_transfer_ids uuid[],
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    update private.image_transfers as t
    set state = 'assembled', assembled_at = p_now, claimed_until = null, claim_attempts = 0
    from unnest(p_company_ids, p_transfer_ids) as k (company_id, transfer_id)
    where t.company_id = k.company_id and t.transfer_id = k.transfer_id
        and t.image_id is not null and t.state in ('open', 'failed') and t.total_chunk_count > 0
        and (
            select case
                when bool_or(c.chunk_id = 0) then count(*) filter (where c.chunk_id < t.total_chunk_count)
                else count(*) filter (where c.chunk_id <= t.total_chunk_count)
            end
            from private.image_chunks as c
            where c.company_id = t.company_id and c.transfer_id = t.transfer_id
        ) = t.total_chunk_count;
end;
$$;

comment on function private.check_transfers(uuid[], uuid[], timestamptz) is 'Marks the transfers assembled whose set of chunk ids is whole.';
revoke all on function private.check_transfers(uuid[], uuid[], timestamptz) from public;
