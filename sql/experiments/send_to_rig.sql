-- purpose: send a command about a run to its rig.
-- caller: deploy_experiment, cancel_deployment.
-- promise: the command's row and its message in the outbox, in the caller's transaction; repeats carry the same id (due_rig_commands).
--   Until p_expires_at it is repeated, and told to a rig that asks (pending_work).
create or replace function private.send_to_rig(
    p_company_id uuid,
    p_device_id uuid,
    p_deployment_id uuid,
    p_body jsonb,
    p_expires_at timestamptz,
    p_now timestamptz default now()
) returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_command_id uuid := private.new_id();
    v_message jsonb := p_body || jsonb_build_object('deployment_id', p_deployment_id, 'command_id', v_command_id);
begin
    insert into public.device_commands (
        company_id, command_id, device_id, deployment_id, command, payload, attempts, requested_by, created_at, expires_at
    )
    values (
        p_company_id, v_command_id, p_device_id, p_deployment_id, p_body ->> 'action', v_message, 1, auth.uid(), p_now, p_expires_at
    );
    insert into private.mqtt_outbox (company_id, device_id, command_id, topic, payload, created_at, not_before, expires_at)
    values (p_company_id, p_device_id, v_command_id, 'devices/' || p_device_id || '/command', v_message, p_now, p_now, p_expires_at);
    return v_command_id;
end;
$$;

comment on function private.send_to_rig(uuid, uuid, uuid, jsonb, timestamptz, timestamptz) is
'Queues a run or stop command (p_body: action and its fields) for a rig; returns the command''s id.';
revoke all on function private.send_to_rig(uuid, uuid, uuid, jsonb, timestamptz, timestamptz) from public;
