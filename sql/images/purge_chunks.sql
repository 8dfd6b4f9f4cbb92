-- purpose: bytes nobody will ask for any more.
-- caller: pg_cron.
-- promise: transfers whose last activity is 7 days old are deleted with their chunks, oldest first; images and payloads stay. An incomplete one
--   that has not failed yet is left to private.due_stale_transfers. Returns how many.
create or replace function private.purge_chunks(
    p_now timestamptz default now()
) returns int
language sql
security definer
set search_path = ''
as $$
    with purged as (
        delete from private.image_transfers as t
        where (t.company_id, t.transfer_id) in (
            select o.company_id, o.transfer_id
            from private.image_transfers as o
            where o.created_at <= p_now - interval '7 days' and o.last_activity_at <= p_now - interval '7 days'
                and (o.image_id is null or o.state in ('complete', 'failed'))
            order by o.created_at
            limit 2000
            for update skip locked)
        returning t.company_id, t.transfer_id
    ), chunks as (
        delete from private.image_chunks as c
        using purged as p
        where c.company_id = p.company_id and c.transfer_id = p.transfer_id
    )
    select count(*)::int from purged;
$$;

comment on function private.purge_chunks(timestamptz) is 'Deletes transfers and chunks 7 days after their last activity; returns how many.';
revoke all on function private.purge_chunks(timestamptz) from public;
