-- purpose: what came of attempts to deliver.
-- caller: the edge, with {company_id, delivery_id, attempt, response_code, error} of each.
-- promise: one row of notification_attempts an attempt. Without error: delivered. Else again after 30 s, 2 min, 8 min, 32 min, then each hour, 8 attempts
--   in all; given up at once where the receiver has refused for good (HTTP 4xx but 408, 425, 429; SMTP 5xx; refused: an address that must
--   not be called). An answer that comes after another deliverer has taken over is kept, and changes nothing.
create or replace function private.finish_deliveries(
    p_items jsonb,
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_delivered int;
begin
    insert into public.notification_attempts (company_id, delivery_id, attempt, at, ok, response_code, error)
    select y.company_id, y.delivery_id, i.attempt, p_now, i.error is null, i.response_code, left(i.error, 500)
    from jsonb_to_recordset(p_items) as i (company_id uuid, delivery_id uuid, attempt int, response_code int, error text)
    join public.notification_deliveries as y on y.company_id = i.company_id and y.delivery_id = i.delivery_id;

    with done as (
        update public.notification_deliveries as y
        set
            claimed_until = null,
            status = j.status,
            not_before = p_now + least(interval '30 seconds' * 4 ^ (y.attempts - 1), interval '1 hour'),
            finished_at = case when j.status <> 'queued' then p_now end
        from jsonb_to_recordset(p_items) as i (company_id uuid, delivery_id uuid, attempt int, response_code int, error text)
        join public.notification_deliveries as k on k.company_id = i.company_id and k.delivery_id = i.delivery_id
        cross join lateral (select case
            when i.error is null then 'delivered'
            when k.attempts >= 8 or i.error like 'refused:%'
                or (k.channel = 'webhook' and i.response_code between 400 and 499 and i.response_code not in (408, 425, 429))
                or (k.channel = 'email' and i.response_code between 500 and 599) then 'failed'
            else 'queued'
        end) as j (status)
        where y.company_id = i.company_id and y.delivery_id = i.delivery_id and y.status = 'queued'
            and (y.attempts = i.attempt or i.error is null)
        returning y.status
    )
    select count(*) filter (where d.status = 'delivered')::int into v_delivered from done as d;
    return v_delivered;
end;
$$;

comment on function private.finish_deliveries(jsonb, timestamptz) is 'Notes what came of attempts to deliver; returns how many were delivered.';
revoke all on function private.finish_deliveries(jsonb, timestamptz) from public;
grant execute on function private.finish_deliveries(jsonb, timestamptz) to edge;
