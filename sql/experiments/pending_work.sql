-- purpose: tell a rig what it may have missed: MQTT is a doorbell.
-- caller: a rig with its token, when it connects and every 60 s.
-- promise: commands: the run and stop messages that it has not acknowledged and that have not expired, as they go on its topic, oldest first;
--   runs: its runs that were acknowledged and have not ended, cancel_requested_at set where they are to be stopped. Nothing is written.
create or replace function public.pending_work(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_device();
begin
    return jsonb_build_object(
        'server_time', now(),
        'commands', (
            select coalesce(jsonb_agg(c.payload order by c.created_at, c.command_id), '[]')
            from public.device_commands as c
            where
                c.company_id = v_device.company_id and c.device_id = v_device.device_id and c.command in ('run', 'stop')
                and c.status in ('queued', 'published') and c.expires_at > p_now
        ),
        'runs', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'deployment_id', r.deployment_id, 'experiment_id', r.experiment_id, 'status', r.status, 'started_at', r.started_at,
                'timeout_s', r.timeout_s, 'cancel_requested_at', r.cancel_requested_at) order by r.deployed_at), '[]')
            from public.experiment_deployments as r
            where r.company_id = v_device.company_id and r.device_id = v_device.device_id and r.status in ('acked', 'running')
        ));
end;
$$;

comment on function public.pending_work(timestamptz) is
'What a rig has to do: {server_time, commands: [messages of its command topic, not acknowledged, not expired], runs: [{deployment_id, experiment_id, status, started_at, timeout_s, cancel_requested_at}]}. Device token only. Error: device_revoked (401).';
revoke all on function public.pending_work(timestamptz) from public;
grant execute on function public.pending_work(timestamptz) to device;
