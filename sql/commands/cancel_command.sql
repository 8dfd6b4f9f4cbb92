-- purpose: take back what was asked of a camera.
-- caller: people (member), rpc/cancel_command.
-- promise: a queued command is superseded and never sent; one that was sent is not undone. Errors: not_signed_in, role_required, not_found.
create or replace function public.cancel_command(
    p_command_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_command public.device_commands;
begin
    update public.device_commands as c
    set status = 'superseded', finished_at = p_now
    where c.company_id = v_company_id and c.command_id = p_command_id and c.status = 'queued'
        and c.command in ('capture_image', 'send_image', 'send_all_pending', 'next_wake', 'ping', 'reboot');
    select * into v_command
    from public.device_commands as c
    where c.company_id = v_company_id and c.command_id = p_command_id;
    if not found then
        perform private.fail('not_found', 'command');
    end if;
    return jsonb_build_object('command_id', p_command_id, 'status', v_command.status);
end;
$$;

comment on function public.cancel_command(uuid, timestamptz) is
'Withdraws a queued command of a camera; answers {command_id, status}. Errors: not_found, role_required.';
revoke all on function public.cancel_command(uuid, timestamptz) from public;
grant execute on function public.cancel_command(uuid, timestamptz) to authenticated;
