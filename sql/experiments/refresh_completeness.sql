-- purpose: judge whether the data of ended runs is whole.
-- caller: ingest_run_reports when a run ends, ingest_trials when a trial comes late.
-- promise: unknown where the agent said nothing about the end; gaps while a seq up to the last one is missing; early_exit where loops were
--   left unfinished; else complete. It is the data's axis and never touches the status.
create or replace function private.refresh_completeness(
    p_deployment_ids uuid[],
    p_now timestamptz default now()
) returns void
language sql
volatile
security definer
set search_path = ''
as $$
    update public.experiment_deployments as r set completeness = f.completeness, updated_at = p_now
    from (
        select
            e.company_id, e.deployment_id,
            case
                when e.final_seq is null then 'unknown'
                when e.final_seq > 0 and not coalesce(s.have, '{}') @> int8range(1, e.final_seq, '[]') then 'gaps'
                when e.unfinished then 'early_exit'
                else 'complete'
            end as completeness
        from (
            select distinct on (v.deployment_id)
                v.company_id, v.deployment_id,
                case when v.details #>> '{details,end,final_seq}' ~ '^[0-9]{1,15}$' then (v.details #>> '{details,end,final_seq}')::bigint end
                as final_seq,
                coalesce(v.details #> '{details,end,loops_unfinished}', 'null') not in ('null', '[]', '{}', '0', 'false') as unfinished
            from public.deployment_events as v
            join public.experiment_deployments as k on k.company_id = v.company_id and k.deployment_id = v.deployment_id
            where
                k.deployment_id = any (p_deployment_ids) and v.source = 'agent' and v.applied
                and v.event in ('completed', 'failed', 'timed_out', 'cancelled')
            order by v.deployment_id, v.received_at desc
        ) as e
        left join private.deployment_streams as s on s.company_id = e.company_id and s.deployment_id = e.deployment_id
    ) as f
    where r.company_id = f.company_id and r.deployment_id = f.deployment_id and r.completeness <> f.completeness;
$$;

comment on function private.refresh_completeness(uuid[], timestamptz) is
'Computes completeness (complete, gaps, early_exit, unknown) of ended runs from the agent''s end record and the stored seqs.';
revoke all on function private.refresh_completeness(uuid[], timestamptz) from public;
