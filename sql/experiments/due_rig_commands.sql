-- purpose: ring again at rigs that have not answered a command.
-- caller: run_due.
-- promise: 15, 30 and 45 s after it was made, a command that was not acknowledged goes out once more, with the same id; a command that has
--   expired is closed. Answers {repeated, expired}.
create or replace function private.due_rig_commands(
    p_now timestamptz default now()
) returns jsonb
language sql
volatile
security definer
set search_path = ''
as $$
    with due as (
        select c.company_id, c.command_id, c.expires_at <= p_now as expired
        from public.device_commands as c
        where
            c.command in ('run', 'stop') and c.status in ('queued', 'published')
            and (c.expires_at <= p_now or (c.attempts <= 3 and c.created_at + c.attempts * interval '15 seconds' <= p_now))
        order by c.created_at
        for no key update skip locked
    ),

    changed as (
        update public.device_commands as c
        set attempts = c.attempts + (not d.expired)::int,
            status = case when d.expired then 'expired' else c.status end,
            finished_at = case when d.expired then p_now end
        from due as d
        where c.company_id = d.company_id and c.command_id = d.command_id
        returning c.company_id, c.device_id, c.command_id, c.payload, c.expires_at, c.status
    ),

    sent as (
        insert into private.mqtt_outbox (company_id, device_id, command_id, topic, payload, created_at, not_before, expires_at)
        select
            c.company_id, c.device_id, c.command_id, 'devices/' || c.device_id || '/command', c.payload, p_now, p_now, c.expires_at
        from changed as c
        where c.status <> 'expired'
        order by c.command_id
        returning 1
    )

    select jsonb_build_object('repeated', (select count(*) from sent), 'expired', (select count(*) from changed as c where c.status = 'expired'));
$$;

comment on function private.due_rig_commands(timestamptz) is
'Repeats unacknowledged run and stop commands at 15, 30 and 45 s and closes expired ones; answers {repeated, expired}.';
revoke all on function private.due_rig_commands(timestamptz) from public;
