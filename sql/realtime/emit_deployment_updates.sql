-- purpose: show a company its runs as they change.
-- caller: triggers on experiment_deployments, once a statement.
-- promise: one message deployment_update a company; the script is left out.
create or replace function private.emit_deployment_updates() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit(
        'company:' || g.company_id, 'deployment_update', private.live_message('experiment_deployments', tg_op, g.rows, g.ids))
    from (
        select
            n.company_id, jsonb_agg(jsonb_build_object('deployment_id', n.deployment_id)) as ids,
            case when count(*) <= 50 then jsonb_agg(to_jsonb(n) - 'python_code' order by n.deployment_id) end as rows
        from new_rows as n
        group by n.company_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_deployment_updates() is 'Trigger: broadcasts deployment_update on company:{id}.';
revoke all on function private.emit_deployment_updates() from public;

create or replace trigger emit_deployment_inserts after insert on public.experiment_deployments
referencing new table as new_rows
for each statement execute function private.emit_deployment_updates();
create or replace trigger emit_deployment_updates after update on public.experiment_deployments
referencing new table as new_rows
for each statement execute function private.emit_deployment_updates();
