-- purpose: ping or restart a camera.
-- caller: people (member: ping; admin: reboot), rpc/send_device_command.
-- promise: queued until the camera's next HELLO, one open command of a kind. Errors: not_signed_in, role_required, not_found, wrong_kind, bad_input.
create or replace function public.send_device_command(
    p_device_id uuid,
    p_command text,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_camera(case when p_command = 'ping' then 'member' else 'admin' end, p_device_id);
    v_command public.device_commands;
begin
    if p_command is null or p_command not in ('ping', 'reboot') then
        perform private.fail('bad_input', 'p_command: ping or reboot');
    end if;
    select * into v_command
    from public.device_commands as c
    where c.company_id = v_device.company_id and c.device_id = p_device_id and c.command = p_command and c.status = 'queued';
    if not found then
        insert into public.device_commands (company_id, device_id, command, requested_by, created_at, expires_at)
        values (v_device.company_id, p_device_id, p_command, auth.uid(), p_now, private.command_expiry(v_device.next_wake_at, p_now))
        returning * into v_command;
    end if;
    return jsonb_build_object(
        'command_id', v_command.command_id, 'status', v_command.status, 'next_contact_at', v_device.next_wake_at,
        'expires_at', v_command.expires_at);
end;
$$;

comment on function public.send_device_command(uuid, text, timestamptz) is
'Queues ping or reboot for a camera''s next HELLO; answers {command_id, status, next_contact_at, expires_at}. Errors: not_found, wrong_kind, bad_input, role_required.';
revoke all on function public.send_device_command(uuid, text, timestamptz) from public;
grant execute on function public.send_device_command(uuid, text, timestamptz) to authenticated;
