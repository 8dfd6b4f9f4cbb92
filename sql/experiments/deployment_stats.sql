-- purpose: how a run goes, in figures.
-- caller: people (viewer), rpc/deployment_stats; run_page.
-- promise: counted from the stored trials when asked, so that storing a trial costs nothing for it: received, duplicates, conflicts and gaps
--   come from the counters that the batch function keeps for data/ack; the rest is one pass over the run's own rows. Only the newest
--   revision of a trial counts; entries that are not trials do not.
create or replace function public.deployment_stats(
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
    v_stats jsonb;
begin
    if not exists (
        select from public.experiment_deployments as r where r.company_id = v_company_id and r.deployment_id = p_deployment_id
    ) then
        perform private.fail('not_found', 'deployment');
    end if;

    with trial as materialized (
        select t.seq, t.trial_number, t.received_at, t.reaction_time, t.correct
        from (
            -- A window in the order of the key, not an anti join: its plan is the same whether or not there are statistics.
            select
                u.seq, u.kind, u.trial_number, u.received_at, u.reaction_time, u.correct, lead(u.seq) over (order by u.seq, u.rev) as next_seq
            from public.trial_results as u
            where u.company_id = v_company_id and u.deployment_id = p_deployment_id
        ) as t
        where t.kind = 'trial' and (t.seq is null or t.next_seq is distinct from t.seq)
    ),

    figures as (
        select
            count(*) as trials, max(t.received_at) as last_at,
            percentile_cont(0.5) within group (order by t.reaction_time) as median
        from trial as t
    ),

    newest as (
        select count(l.correct) as judged, count(*) filter (where l.correct) as correct
        from (
            select t.correct from trial as t order by t.seq desc nulls last, t.received_at desc, t.trial_number desc limit 20
        ) as l
    ),

    missing as (
        select lower(g.range) as first, upper(g.range) - 1 as last
        from private.deployment_streams as s
        cross join lateral unnest(
            case when isempty(s.have) then '{}'::int8multirange else int8multirange(int8range(1, upper(s.have))) - s.have end
        ) as g (range)
        where s.company_id = v_company_id and s.deployment_id = p_deployment_id
    )

    select jsonb_build_object(
        'deployment_id', p_deployment_id, 'trials', f.trials,
        'correct_last_20_percent', case when l.judged > 0 then round(100.0 * l.correct / l.judged, 1) end,
        'median_reaction_time_ms', f.median,
        'last_trial_at', f.last_at,
        'seconds_since_last_trial', case when f.last_at is not null then round(greatest(extract(epoch from p_now - f.last_at), 0), 1) end,
        'missing', (select coalesce(sum(m.last - m.first + 1), 0) from missing as m),
        'gaps', (
            select coalesce(jsonb_agg(jsonb_build_array(m.first, m.last) order by m.first), '[]')
            from (select * from missing as a order by a.first limit 20) as m
        ),
        'received', coalesce(s.received, 0), 'duplicates', coalesce(s.duplicates, 0), 'conflicts', coalesce(s.conflicts, 0))
    into v_stats
    from figures as f
    cross join newest as l
    left join private.deployment_streams as s on s.company_id = v_company_id and s.deployment_id = p_deployment_id;
    return v_stats;
end;
$$;

comment on function public.deployment_stats(uuid, timestamptz) is
'Figures of a run: {deployment_id, trials, correct_last_20_percent, median_reaction_time_ms, last_trial_at, seconds_since_last_trial, missing, gaps: [[first, last] seq, at most 20], received, duplicates, conflicts}. Viewers. Error: not_found (404).';
revoke all on function public.deployment_stats(uuid, timestamptz) from public;
grant execute on function public.deployment_stats(uuid, timestamptz) to authenticated;
