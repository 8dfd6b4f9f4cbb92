-- purpose: store a batch of trials.
-- caller: the edge, one call a batch, items of many rigs in arrival order.
-- promise: one row per key (deployment, seq, rev), or per content where there is no seq; the same content again is counted and
--   acknowledged again, other content is refused (conflict) and the first stays. The run's state refuses nothing. One data/ack per
--   deployment goes to the outbox, in this transaction. Answers the refused items: unknown_device, unknown_deployment, device_mismatch,
--   conflict.
-- shape: one statement does everything for the usual batch; a second looks at repeats; a third writes counters and answers.
create or replace function private.ingest_trials(
    p_items jsonb,
    p_now timestamptz default now()
) returns table (
    idx int,
    reason text,
    detail text
)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_pairs jsonb;
    v_left jsonb;
    v_refused jsonb;
    v_stale uuid[];
    v_late uuid[];
begin
    with item as materialized (
        select
            private.new_id() as trial_id, (t.ord - 1)::int as idx, t.device_id, t.deployment_id, t.seq, coalesce(t.rev, 1) as rev,
            coalesce(t.kind, 'trial') as kind, t.trial_number, t.started_at, t.ended_at, nullif(t.response, 'null') as response,
            t.reaction_time, t.correct, nullif(t.custom_data, 'null') as custom_data, coalesce(t.partial, false) as partial, t.boot_id,
            coalesce(t.flags, '{}') || case when t.reaction_time < 0 then '{negative_reaction_time}'::text[] else '{}' end as flags,
            sha256(convert_to(json_build_array(
                coalesce(t.kind, 'trial'), t.trial_number, t.started_at at time zone 'UTC', t.ended_at at time zone 'UTC',
                nullif(t.response, 'null'), t.reaction_time, t.correct, nullif(t.custom_data, 'null'), coalesce(t.partial, false)
            )::text, 'UTF8')) as content_sha256
        from rows from (
            jsonb_to_recordset(p_items) as (
                device_id uuid, deployment_id uuid, seq bigint, rev int, kind text, trial_number int, started_at timestamptz,
                ended_at timestamptz, response jsonb, reaction_time double precision, correct boolean, custom_data jsonb,
                partial boolean, boot_id text, flags text[]
            )
        ) with ordinality as t (
            device_id, deployment_id, seq, rev, kind, trial_number, started_at, ended_at, response, reaction_time, correct, custom_data,
            partial, boot_id, flags, ord
        )
    ),

    -- What is true of a device and a run is asked once for each pair, not for each trial.
    pair as materialized (
        select
            p.device_id, p.deployment_id, d.company_id, p.seqs, p.revs, p.items,
            r.status in ('completed', 'failed', 'timed_out', 'cancelled') as late,
            d.last_seen_at is null
            or (d.last_seen_at < p_now - interval '30 seconds' and d.last_seen_at > coalesce(d.last_will_at, '-infinity')) as stale,
            case
                when d.device_id is null then 'unknown_device'
                when r.deployment_id is null then 'unknown_deployment'
                when r.device_id <> d.device_id or r.company_id <> d.company_id then 'device_mismatch'
            end as reason
        from (
            select
                i.device_id, i.deployment_id, count(*) as items, range_agg(int8range(i.seq, i.seq, '[]')) filter (where i.seq is not null) as seqs,
                jsonb_agg(jsonb_build_array(i.seq, i.rev) order by i.seq, i.rev) filter (where i.rev > 1 and i.seq is not null) as revs
            from item as i
            group by i.device_id, i.deployment_id
        ) as p
        left join public.devices as d on d.device_id = p.device_id and d.kind = 'rig'
        left join public.experiment_deployments as r on r.deployment_id = p.deployment_id
    ),

    -- In the order of the key, so that two batches with the same trials wait for each other instead of deadlocking.
    stored as (
        insert into public.trial_results (
            company_id, trial_id, deployment_id, device_id, seq, rev, kind, trial_number, started_at, ended_at, response, reaction_time,
            correct, custom_data, partial, late, flags, boot_id, content_sha256, received_at
        )
        select
            p.company_id, i.trial_id, i.deployment_id, i.device_id, i.seq, i.rev, i.kind, i.trial_number, i.started_at, i.ended_at,
            i.response, i.reaction_time, i.correct, i.custom_data, i.partial, p.late, i.flags, i.boot_id, i.content_sha256, p_now
        from item as i
        join pair as p on p.device_id = i.device_id and p.deployment_id = i.deployment_id
        where p.reason is null
        order by i.deployment_id, i.seq, i.rev, case when i.seq is null then i.content_sha256 end, i.idx
        on conflict do nothing
        returning trial_results.trial_id
    )

    select
        (select jsonb_agg(to_jsonb(p) - 'stale') from pair as p),
        (select array_agg(distinct p.device_id) from pair as p where p.stale),
        (select array_agg(p.deployment_id) from pair as p where p.late and p.reason is null),
        (
            select jsonb_agg(jsonb_build_object(
                'idx', i.idx, 'device_id', i.device_id, 'deployment_id', i.deployment_id, 'company_id', p.company_id, 'seq', i.seq,
                'rev', i.rev, 'content', encode(i.content_sha256, 'hex'), 'reason', p.reason))
            from item as i
            join pair as p on p.device_id = i.device_id and p.deployment_id = i.deployment_id
            -- not in: always one hash; the planner takes stored for a single row, and an anti join would compare every trial with every other
            where i.trial_id not in (select s.trial_id from stored as s)
        )
    into v_pairs, v_stale, v_late, v_left;

    -- Repeats: a new snapshot sees what a neighbour's transaction stored while we waited for its key.
    if v_left is not null then
        select jsonb_agg(to_jsonb(l))
        into v_refused
        from (
            select
                l.idx, l.device_id, l.deployment_id, l.seq, l.rev,
                case
                    when l.reason is not null then l.reason
                    when l.seq is not null and encode(t.content_sha256, 'hex') is distinct from l.content then 'conflict'
                end as reason
            from jsonb_to_recordset(v_left) as l (
                idx int, device_id uuid, deployment_id uuid, company_id uuid, seq bigint, rev int, content text, reason text
            )
            left join public.trial_results as t
                on t.company_id = l.company_id and t.deployment_id = l.deployment_id and t.seq = l.seq and t.rev = l.rev
        ) as l;
    end if;

    with pair as (
        select p.*
        from jsonb_to_recordset(v_pairs) as p (
            device_id uuid, deployment_id uuid, company_id uuid, seqs int8multirange, revs jsonb, items int, reason text
        )
        where p.company_id is not null
    ),

    repeat as (
        select
            l.device_id, l.deployment_id, count(*) filter (where l.reason is null) as duplicates,
            count(*) filter (where l.reason = 'conflict') as conflicts,
            jsonb_agg(jsonb_build_object('seq', l.seq, 'reason', l.reason) order by l.seq)
            filter (where l.reason is not null and l.seq is not null) as rejected
        from jsonb_to_recordset(v_refused) as l (device_id uuid, deployment_id uuid, seq bigint, reason text)
        group by l.device_id, l.deployment_id
    ),

    stream as (
        insert into private.deployment_streams as s (company_id, deployment_id, have, received, duplicates, conflicts, last_trial_at)
        select
            p.company_id, p.deployment_id, coalesce(p.seqs, '{}'), p.items - coalesce(r.duplicates + r.conflicts, 0),
            coalesce(r.duplicates, 0), coalesce(r.conflicts, 0), p_now
        from pair as p
        left join repeat as r on r.device_id = p.device_id and r.deployment_id = p.deployment_id
        where p.reason is null
        order by p.deployment_id
        on conflict (company_id, deployment_id) do update
        set have = s.have + excluded.have, received = s.received + excluded.received, duplicates = s.duplicates + excluded.duplicates,
            conflicts = s.conflicts + excluded.conflicts, last_trial_at = p_now
        returning s.deployment_id, s.have
    )

    insert into private.mqtt_outbox (company_id, device_id, topic, payload, created_at, not_before, expires_at)
    select
        p.company_id, p.device_id, 'devices/' || p.device_id || '/data/ack',
        private.data_ack(p.deployment_id, s.have, p.seqs, case when p.reason is null then p.revs end, r.rejected), p_now, p_now, p_now + interval '1 hour'
    from pair as p
    left join stream as s on s.deployment_id = p.deployment_id and p.reason is null
    left join repeat as r on r.device_id = p.device_id and r.deployment_id = p.deployment_id
    order by p.device_id, p.deployment_id;

    -- Runs before devices, as ingest_run_reports does.
    if v_late is not null then
        perform private.refresh_completeness(v_late, p_now);
    end if;
    if v_stale is not null then
        perform private.touch_devices(v_stale, p_now);
    end if;
    return query
    select l.idx, l.reason, format('deployment %s seq %s rev %s', l.deployment_id, l.seq, l.rev)
    from jsonb_to_recordset(v_refused) as l (idx int, deployment_id uuid, seq bigint, rev int, reason text)
    where l.reason is not null
    order by l.idx;
end;
$$;

comment on function private.ingest_trials(jsonb, timestamptz) is
'Stores a batch of trials; repeats are counted and acknowledged again. Answers (idx, reason, detail) of the refused items.';
revoke all on function private.ingest_trials(jsonb, timestamptz) from public;
grant execute on function private.ingest_trials(jsonb, timestamptz) to edge;
