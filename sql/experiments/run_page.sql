-- purpose: what the page of one run shows, in one call.
-- caller: people (viewer), rpc/run_page.
-- promise: the run without its script, its experiment and rig, the figures, its events, the newest 50 trials and 100 log lines (newest first);
--   older ones are read from trial_current and device_logs by key.
create or replace function public.run_page(
    p_deployment_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('viewer');
    v_run public.experiment_deployments;
begin
    select * into v_run from public.experiment_deployments as r where r.company_id = v_company_id and r.deployment_id = p_deployment_id;
    if not found then
        perform private.fail('not_found', 'deployment');
    end if;
    return jsonb_build_object(
        'server_time', p_now,
        'deployment', to_jsonb(v_run) - 'python_code',
        'experiment', (
            select jsonb_build_object('experiment_id', e.experiment_id, 'name', e.name, 'version', e.version)
            from public.experiments as e where e.company_id = v_company_id and e.experiment_id = v_run.experiment_id
        ),
        'device', (
            select jsonb_build_object(
                'device_id', d.device_id, 'name', d.name, 'last_seen_at', d.last_seen_at, 'agent_version', d.agent_version,
                'online', private.is_online(d.last_seen_at, d.last_will_at, p_now))
            from public.devices as d where d.company_id = v_company_id and d.device_id = v_run.device_id
        ),
        'stats', public.deployment_stats(p_deployment_id, p_now),
        'events', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'source', v.source, 'event', v.event, 'reason_code', v.reason_code, 'applied', v.applied, 'at', v.at,
                'received_at', v.received_at) order by v.received_at), '[]')
            from (
                select w.* from public.deployment_events as w
                where w.company_id = v_company_id and w.deployment_id = p_deployment_id
                order by w.received_at desc
                limit 100
            ) as v
        ),
        'trials', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'trial_id', t.trial_id, 'seq', t.seq, 'rev', t.rev, 'kind', t.kind, 'trial_number', t.trial_number, 'started_at', t.started_at,
                'ended_at', t.ended_at, 'reaction_time', t.reaction_time, 'correct', t.correct, 'response', t.response,
                'custom_data', t.custom_data, 'partial', t.partial, 'late', t.late) order by t.seq desc nulls last, t.trial_number desc), '[]')
            from (
                -- of the newest rows the newest revision each; a look at the run's order, not a join with itself
                select n.*
                from (
                    select u.*, row_number() over (partition by u.seq order by u.rev desc) as nth
                    from (
                        (
                            select k.* from public.trial_results as k
                            where k.company_id = v_company_id and k.deployment_id = p_deployment_id and k.seq is not null
                            order by k.seq desc, k.rev desc
                            limit 200
                        )
                        union all
                        (
                            select k.* from public.trial_results as k
                            where k.company_id = v_company_id and k.deployment_id = p_deployment_id and k.seq is null
                            order by k.received_at desc, k.trial_number desc
                            limit 50
                        )
                    ) as u
                ) as n
                where n.seq is null or n.nth = 1
                order by n.seq desc nulls last, n.trial_number desc
                limit 50
            ) as t
        ),
        'logs', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'log_id', l.log_id, 'level', l.level, 'message', l.message, 'stream', l.stream, 'line_no', l.line_no,
                'created_at', l.created_at) order by l.created_at desc, l.line_no desc), '[]')
            from (
                select k.* from public.device_logs as k
                where k.company_id = v_company_id and k.deployment_id = p_deployment_id
                order by k.created_at desc
                limit 100
            ) as l
        ));
end;
$$;

comment on function public.run_page(uuid, timestamptz) is
'The page of a run: {server_time, deployment, experiment, device, stats, events, trials (newest 50), logs (newest 100)}. Viewers. Error: not_found (404).';
revoke all on function public.run_page(uuid, timestamptz) from public;
grant execute on function public.run_page(uuid, timestamptz) to authenticated;
