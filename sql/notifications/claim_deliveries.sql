-- purpose: e-mails and webhooks to be sent now.
-- caller: the edge.
-- promise: due deliveries, leased, at most 5 a route, so that one slow receiver does not hold up the others; two deliverers never get the same one.
--   The secret of a webhook comes with it.
create or replace function private.claim_deliveries(
    p_limit int default 50,
    p_lease interval default '60 seconds',
    p_now timestamptz default now()
) returns table (
    company_id uuid,
    delivery_id uuid,
    channel text,
    target text,
    secret text,
    attempt int,
    payload jsonb
)
language plpgsql
security definer
set search_path = ''
as $$
begin
    return query
    with due as (
        select y.company_id, y.delivery_id, y.route_id, y.not_before, y.created_at
        from public.notification_deliveries as y
        where y.status = 'queued' and y.not_before <= p_now and (y.claimed_until is null or y.claimed_until <= p_now)
        order by y.not_before
        limit 40 * p_limit
    ), fair as (
        select u.company_id, u.delivery_id
        from (
            select d.*, row_number() over (partition by d.company_id, d.route_id order by d.created_at, d.delivery_id) as n from due as d
        ) as u
        where u.n <= 5
        order by u.n, u.not_before
        limit p_limit
    ), taken as (
        select y.company_id, y.delivery_id
        from public.notification_deliveries as y
        where (y.company_id, y.delivery_id) in (select f.company_id, f.delivery_id from fair as f)
            and y.status = 'queued' and (y.claimed_until is null or y.claimed_until <= p_now)
        for update skip locked
    ), leased as (
        update public.notification_deliveries as y
        set claimed_until = p_now + p_lease, attempts = y.attempts + 1
        from taken as t
        where y.company_id = t.company_id and y.delivery_id = t.delivery_id
        returning y.*
    )
    select l.company_id, l.delivery_id, l.channel, r.target, s.secret, l.attempts, l.payload
    from leased as l
    join public.notification_routes as r on r.company_id = l.company_id and r.route_id = l.route_id
    left join private.notification_secrets as s on s.company_id = l.company_id and s.route_id = l.route_id
    order by l.created_at, l.delivery_id;
end;
$$;

comment on function private.claim_deliveries(int, interval, timestamptz) is 'Leases notification deliveries that are due.';
revoke all on function private.claim_deliveries(int, interval, timestamptz) from public;
grant execute on function private.claim_deliveries(int, interval, timestamptz) to edge;
