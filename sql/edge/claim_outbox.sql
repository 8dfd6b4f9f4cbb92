-- purpose: messages that are to be published now.
-- caller: the edge's outbox publisher.
-- promise: each row goes to one caller for the time of its lease, in the order it was written; what has expired is never given.
create or replace function private.claim_outbox(
    p_limit int,
    p_lease interval,
    p_now timestamptz default now()
) returns table (
    outbox_id bigint,
    topic text,
    payload jsonb
)
language plpgsql
security definer
set search_path = ''
as $$
begin
    if p_limit is null or p_limit not between 1 and 10000 or p_lease is null then
        perform private.fail('bad_input', 'p_limit: 1 to 10000');
    end if;
    return query
    with due as (
        select o.outbox_id
        from private.mqtt_outbox as o
        where
            o.published_at is null and o.not_before <= p_now
            and (o.expires_at is null or o.expires_at > p_now)
            and (o.claimed_until is null or o.claimed_until <= p_now)
        order by o.outbox_id
        limit p_limit
        for update skip locked
    ),

    claimed as (
        update private.mqtt_outbox as o set claimed_until = p_now + p_lease, attempts = o.attempts + 1
        from due
        where o.outbox_id = due.outbox_id
        returning o.outbox_id, o.topic, o.payload
    )

    select c.outbox_id, c.topic, c.payload from claimed as c order by c.outbox_id;
end;
$$;

comment on function private.claim_outbox(int, interval, timestamptz) is
'Leases up to p_limit messages for publishing, oldest first. Error: bad_input.';
revoke all on function private.claim_outbox(int, interval, timestamptz) from public;
grant execute on function private.claim_outbox(int, interval, timestamptz) to edge;
