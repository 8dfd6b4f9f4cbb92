-- purpose: count the heartbeats that leave out a run.
-- caller: ingest_presence, for a batch in which a message tells what runs.
-- promise: a message that names the run forgets what was counted; heartbeats of another boot count from 1. A run that was not yet reported
--   as running when this transaction began is left alone: its rig may have written the heartbeat before it started.
create or replace function private.note_absences(
    p_items jsonb,
    p_now timestamptz default now()
) returns void
language sql
volatile
security definer
set search_path = ''
as $$
    with said as (
        select
            i.device_id, coalesce(i.boot_id, '') as boot_id, i.ord, i.kind,
            case when jsonb_typeof(i.running) = 'array' then i.running end as running
        from rows from (
            jsonb_to_recordset(p_items) as (device_id uuid, kind text, boot_id text, running jsonb)
        ) with ordinality as i (device_id, kind, boot_id, running, ord)
    ),

    judged as (
        select r.company_id, r.deployment_id, s.boot_id, s.ord, s.kind, s.running ? r.deployment_id::text as named
        from said as s
        join public.devices as d on d.device_id = s.device_id and d.kind = 'rig'
        join public.experiment_deployments as r on r.company_id = d.company_id and r.device_id = d.device_id and r.status = 'running'
        where
            s.running is not null
            and not exists (
                select from public.deployment_events as e
                where
                    e.company_id = r.company_id and e.deployment_id = r.deployment_id and e.event = 'running' and e.applied
                    and e.received_at >= p_now
            )
    ),

    -- What follows the last message that names the run, in the boot of the newest one.
    counted as (
        select
            j.company_id, j.deployment_id, (array_agg(j.boot_id order by j.ord desc))[1] as boot_id, bool_or(j.named) as named,
            array_agg(j.boot_id order by j.ord) filter (where not j.named and j.kind = 'heartbeat' and j.ord > j.named_at) as boots
        from (
            select
                u.*,
                coalesce(max(u.ord) filter (where u.named) over (partition by u.company_id, u.deployment_id), 0) as named_at
            from judged as u
        ) as j
        group by j.company_id, j.deployment_id
    ),

    forgotten as (
        delete from private.run_absences as a
        using counted as c
        where c.named and c.boots is null and a.company_id = c.company_id and a.deployment_id = c.deployment_id
        returning 1
    )

    insert into private.run_absences as a (company_id, deployment_id, boot_id, heartbeats, last_at)
    select
        c.company_id, c.deployment_id, c.boots[cardinality(c.boots)], cardinality(array_positions(c.boots, c.boots[cardinality(c.boots)])), p_now
    from counted as c
    where c.boots is not null
    order by c.deployment_id
    on conflict (company_id, deployment_id) do update
    set
        heartbeats = excluded.heartbeats
        + case when a.boot_id = excluded.boot_id and not (select c.named from counted as c where c.company_id = a.company_id and c.deployment_id = a.deployment_id)
            then a.heartbeats else 0 end,
        boot_id = excluded.boot_id,
        last_at = p_now;
$$;

comment on function private.note_absences(jsonb, timestamptz) is 'Counts heartbeats (a batch) that carry running but not a run that runs on their rig.';
revoke all on function private.note_absences(jsonb, timestamptz) from public;
