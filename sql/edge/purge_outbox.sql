-- purpose: keep the outbox, the job runs and the dead letters small.
-- caller: pg_cron, hourly.
-- promise: messages published or expired a day ago, job runs after 30 days and dead letters after 30 days are deleted. Returns how many.
create or replace function private.purge_outbox(
    p_now timestamptz default now()
) returns int
language sql
security definer
set search_path = ''
as $$
    with messages as (
        delete from private.mqtt_outbox as o
        where o.published_at <= p_now - interval '1 day' or (o.published_at is null and o.expires_at <= p_now - interval '1 day')
        returning 1
    ), runs as (
        delete from private.job_runs as r where r.started_at <= p_now - interval '30 days' returning 1
    ), letters as (
        delete from private.mqtt_dead_letters as l where l.received_at <= p_now - interval '30 days' returning 1
    )
    select ((select count(*) from messages) + (select count(*) from runs) + (select count(*) from letters))::int;
$$;

comment on function private.purge_outbox(timestamptz) is 'Deletes old messages of the outbox, job runs and dead letters; returns how many.';
revoke all on function private.purge_outbox(timestamptz) from public;
