-- purpose: one wake out of turn.
-- caller: people (member), rpc/wake_once.
-- promise: the camera is told at its next contact (it sleeps until then): it then wakes once at p_at, or as soon as it can, and returns to its schedule.
--   A later request replaces an earlier one. Errors: not_signed_in, role_required, not_found, wrong_kind.
create or replace function public.wake_once(
    p_device_id uuid,
    p_at timestamptz default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_device public.devices;
    v_command_id uuid;
begin
    select * into v_device
    from public.devices as d
    where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null
    for update;
    if not found then
        perform private.fail('not_found', 'device');
    elsif v_device.kind <> 'camera' then
        perform private.fail('wrong_kind');
    end if;

    update public.device_commands as c
    set status = 'superseded', finished_at = p_now
    where c.company_id = v_company_id and c.device_id = p_device_id and c.command = 'next_wake' and c.status = 'queued';
    insert into public.device_commands (company_id, device_id, command, payload, requested_by, created_at)
    values (v_company_id, p_device_id, 'next_wake', jsonb_build_object('at', coalesce(p_at, p_now)), auth.uid(), p_now)
    returning command_id into v_command_id;
    return jsonb_build_object(
        'command_id', v_command_id, 'next_contact_at', v_device.next_wake_at,
        'message', 'The camera is told at its next contact; the wake counts as extra.');
end;
$$;

comment on function public.wake_once(uuid, timestamptz, timestamptz) is
'Queues one extra wake; answers {command_id, next_contact_at, message}. Errors: not_found, wrong_kind, role_required.';
revoke all on function public.wake_once(uuid, timestamptz, timestamptz) from public;
grant execute on function public.wake_once(uuid, timestamptz, timestamptz) to authenticated;
