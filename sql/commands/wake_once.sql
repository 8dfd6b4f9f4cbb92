-- purpose: one wake out of turn.
-- caller: people (member), rpc/wake_once.
-- promise: the camera is told at its next contact (it sleeps until then): it then wakes once at p_at, or as soon as it can, and returns to its schedule;
--   the wake counts as extra. A later request replaces an earlier one that was not sent. Errors: not_signed_in, role_required, not_found, wrong_kind,
--   bad_input (p_at in the past or more than 30 days away).
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
    v_device public.devices := private.require_camera('member', p_device_id);
    v_command_id uuid;
begin
    if p_at < p_now - interval '1 minute' or p_at > p_now + interval '30 days' then
        perform private.fail('bad_input', 'p_at: between now and 30 days from now');
    end if;
    update public.device_commands as c
    set status = 'superseded', finished_at = p_now
    where c.company_id = v_device.company_id and c.device_id = p_device_id and c.command = 'next_wake' and c.status = 'queued';
    insert into public.device_commands (company_id, device_id, command, payload, requested_by, created_at, expires_at)
    values (
        v_device.company_id, p_device_id, 'next_wake', jsonb_build_object('at', coalesce(p_at, p_now)), auth.uid(), p_now,
        private.command_expiry(greatest(v_device.next_wake_at, p_at), p_now))
    returning command_id into v_command_id;
    return jsonb_build_object(
        'command_id', v_command_id, 'status', 'queued', 'counts_as', 'extra', 'requested_at', coalesce(p_at, p_now),
        'next_contact_at', v_device.next_wake_at, 'in_text', private.in_text(v_device.next_wake_at, p_now),
        'message', concat_ws(', ', 'The camera is told at its next contact', private.in_text(v_device.next_wake_at, p_now)) || '; the wake counts as extra.');
end;
$$;

comment on function public.wake_once(uuid, timestamptz, timestamptz) is
'Queues one extra wake; answers {command_id, status, next_contact_at, in_text, counts_as, message}. Errors: not_found, wrong_kind, bad_input, role_required.';
revoke all on function public.wake_once(uuid, timestamptz, timestamptz) from public;
grant execute on function public.wake_once(uuid, timestamptz, timestamptz) to authenticated;
