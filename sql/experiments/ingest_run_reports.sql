-- purpose: what agents say about their runs: acknowledgements and states.
-- caller: the edge, one call a batch, reports of many rigs in arrival order.
-- promise: pending, acked, running, then one end, never back; a later state implies the earlier ones; what comes after the end is kept as
--   an event and changes nothing, except that an end which the server inferred is replaced once by the agent's own. Every report is
--   a row of deployment_events. The rig's commands are acknowledged and finished along. Answers the refused items: unknown_device, unknown_deployment, device_mismatch, bad_type.
create or replace function private.ingest_run_reports(
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
    v_reports jsonb;
    v_ended uuid[];
begin
    -- Locked before they are read, in the order of the key: reports about one run are judged one after the other.
    perform from public.experiment_deployments as r
    where r.deployment_id in (select (i.item ->> 'deployment_id')::uuid from jsonb_array_elements(p_items) as i (item))
    order by r.deployment_id
    for no key update;

    v_reports := private.judge_run_reports(p_items, p_now);

    insert into public.deployment_events (company_id, deployment_id, source, event, reason_code, applied, details, at, received_at)
    select
        j.company_id, j.deployment_id, 'agent', j.event, j.reason_code, j.applied,
        jsonb_strip_nulls(jsonb_build_object(
            'kind', j.kind, 'status', j.status, 'accepted', j.accepted, 'reason', j.given_reason, 'error', private.cut_text(j.error, 16384, true),
            'boot_id', j.boot_id)) || jsonb_build_object('details', coalesce(j.details, '{}')),
        -- a microsecond apart, so that the reports of a batch keep their order
        j.at, p_now + j.idx * interval '1 microsecond'
    from jsonb_to_recordset(v_reports) as j (
        idx int, company_id uuid, deployment_id uuid, kind text, status text, event text, accepted boolean, given_reason text, error text,
        reason_code text, applied boolean, at timestamptz, boot_id text, details jsonb, refused text
    )
    where j.refused is null
    order by j.idx;

    -- At most one report of each rank is applied, so the folds below pick one row each.
    update public.experiment_deployments as r
    set status = f.status,
        acked_at = coalesce(r.acked_at, f.ack_at, case when not f.never_ran then f.end_at end),
        started_at = coalesce(r.started_at, f.running_at, case when f.status in ('completed', 'failed', 'timed_out') and not f.never_ran then f.end_at end),
        completed_at = case when f.end_at is null then r.completed_at else greatest(f.end_at, r.started_at, f.running_at) end,
        reason_code = case when f.end_at is null then r.reason_code else f.reason_code end,
        error_log = case when f.end_at is null then r.error_log else private.cut_text(f.error, 16384, true) end,
        ended_by = case when f.end_at is null then r.ended_by else 'agent' end,
        updated_at = p_now
    from (
        select
            j.company_id, j.deployment_id, (array_agg(j.event order by j.rank desc))[1] as status, min(j.effective_at) filter (where j.rank < 3) as ack_at,
            max(j.effective_at) filter (where j.rank = 2) as running_at, max(j.effective_at) filter (where j.rank = 3) as end_at,
            max(j.reason_code) filter (where j.rank = 3) as reason_code, max(j.error) filter (where j.rank = 3) as error,
            coalesce(bool_or(j.never_ran) filter (where j.rank = 3), false) as never_ran
        from jsonb_to_recordset(v_reports) as j (
            company_id uuid, deployment_id uuid, event text, rank int, effective_at timestamptz, reason_code text, error text, applied boolean,
            never_ran boolean
        )
        where j.applied
        group by j.company_id, j.deployment_id
    ) as f
    where r.company_id = f.company_id and r.deployment_id = f.deployment_id;

    -- A "running" that comes after the end tells when the run began, where nobody has told so before.
    update public.experiment_deployments as r set started_at = f.effective_at, updated_at = p_now
    from (
        select j.company_id, j.deployment_id, min(j.effective_at) as effective_at
        from jsonb_to_recordset(v_reports) as j (
            company_id uuid, deployment_id uuid, event text, effective_at timestamptz, at timestamptz, applied boolean, refused text
        )
        where j.refused is null and not j.applied and j.event = 'running' and j.at is not null
        group by j.company_id, j.deployment_id
    ) as f
    where
        r.company_id = f.company_id and r.deployment_id = f.deployment_id and r.completed_at is not null and f.effective_at <= r.completed_at
        and not exists (
            select from public.deployment_events as e
            where e.company_id = r.company_id and e.deployment_id = r.deployment_id and e.event = 'running' and e.applied
        );

    -- Whatever a rig says of a run, but a refusal, tells that the command has arrived.
    update public.device_commands as c
    set status = case when f.accepted is false then 'failed' else 'acknowledged' end, acknowledged_at = p_now,
        finished_at = case when f.accepted is false then p_now end
    from (
        select j.company_id, j.deployment_id, j.stop_id, bool_and(j.accepted is not false) as accepted
        from jsonb_to_recordset(v_reports) as j (company_id uuid, deployment_id uuid, stop_id uuid, accepted boolean, refused text)
        where j.refused is null
        group by j.company_id, j.deployment_id, j.stop_id
    ) as f
    where
        c.company_id = f.company_id and c.deployment_id = f.deployment_id and c.status in ('queued', 'published')
        and case when f.stop_id is null then c.command = 'run' else c.command_id = f.stop_id end;

    v_ended := (
        select array_agg(j.deployment_id)
        from jsonb_to_recordset(v_reports) as j (deployment_id uuid, rank int, applied boolean)
        where j.applied and j.rank = 3
    );
    if v_ended is not null then
        perform private.refresh_completeness(v_ended, p_now);
        perform private.settle_ended_runs(v_ended, p_now);
    end if;
    perform private.touch_devices(
        (select array_agg(distinct j.device_id) from jsonb_to_recordset(v_reports) as j (device_id uuid, refused text) where j.refused is null), p_now);
    return query
    select j.idx, j.refused, format('deployment %s', j.deployment_id)
    from jsonb_to_recordset(v_reports) as j (idx int, refused text, deployment_id uuid)
    where j.refused is not null
    order by j.idx;
end;
$$;

comment on function private.ingest_run_reports(jsonb, timestamptz) is
'Applies reports of agents about their runs. Answers (idx, reason, detail) of the refused items.';
revoke all on function private.ingest_run_reports(jsonb, timestamptz) from public;
grant execute on function private.ingest_run_reports(jsonb, timestamptz) to edge;
