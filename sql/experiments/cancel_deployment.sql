-- purpose: stop a run.
-- caller: people (member), rpc/cancel_deployment.
-- promise: a run that no rig has acknowledged ends at once, and its command is taken back where it has not gone out; else the rig is told
--   to stop and its report ends the run. Again changes nothing.
create or replace function public.cancel_deployment(
    p_deployment_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_run public.experiment_deployments;
    v_again boolean;
    v_sent boolean := true;
begin
    select * into v_run from public.experiment_deployments as r
    where r.company_id = v_company_id and r.deployment_id = p_deployment_id
    for no key update;
    if not found then
        perform private.fail('not_found', 'deployment');
    elsif v_run.status in ('completed', 'failed', 'timed_out', 'cancelled') then
        perform private.fail('deployment_ended', jsonb_build_object('deployment_id', p_deployment_id, 'status', v_run.status)::text);
    end if;
    v_again := v_run.cancel_requested_at is not null;

    if not v_again then
        update public.experiment_deployments as r
        set cancel_requested_at = p_now,
            status = case when r.status = 'pending' then 'cancelled' else r.status end,
            completed_at = case when r.status = 'pending' then p_now end,
            ended_by = case when r.status = 'pending' then 'user' end,
            reason_code = case when r.status = 'pending' then 'operator' end,
            updated_at = p_now
        where r.company_id = v_company_id and r.deployment_id = p_deployment_id
        returning * into v_run;
        insert into public.deployment_events (company_id, deployment_id, source, event, reason_code, applied, details, received_at)
        values (
            v_company_id, p_deployment_id, 'user', case when v_run.status = 'cancelled' then 'cancelled' else 'cancel_requested' end,
            'operator', true, jsonb_strip_nulls(jsonb_build_object('user_id', auth.uid())), p_now
        );

        if v_run.status = 'cancelled' then
            perform private.settle_ended_runs(array[p_deployment_id], p_now);
            -- skip locked: the publisher holds what it marks as published
            with unsent as (
                select o.outbox_id
                from private.mqtt_outbox as o
                join public.device_commands as c on c.command_id = o.command_id and c.company_id = v_company_id
                where c.deployment_id = p_deployment_id and o.attempts = 0 and o.published_at is null
                for update of o skip locked
            ),

            withdrawn as (
                update private.mqtt_outbox as o set expires_at = p_now from unsent as u where o.outbox_id = u.outbox_id returning 1
            )

            select count(*) > (select count(*) from withdrawn)
            into v_sent
            from private.mqtt_outbox as o
            join public.device_commands as c on c.command_id = o.command_id and c.company_id = v_company_id
            where c.deployment_id = p_deployment_id;
        end if;
        if v_sent then
            perform private.send_to_rig(
                v_company_id, v_run.device_id, p_deployment_id,
                jsonb_build_object('action', 'stop', 'grace_s', 10, 'reason', 'operator'), p_now + interval '10 minutes', p_now);
        end if;
    end if;
    return to_jsonb(v_run) - 'python_code';
end;
$$;

comment on function public.cancel_deployment(uuid, timestamptz) is
'Stops a run; answers the run without its script: cancelled at once where no rig has acknowledged it, else with cancel_requested_at. Members. Errors: not_found (404), deployment_ended with {deployment_id, status} in details (409).';
revoke all on function public.cancel_deployment(uuid, timestamptz) from public;
grant execute on function public.cancel_deployment(uuid, timestamptz) to authenticated;
