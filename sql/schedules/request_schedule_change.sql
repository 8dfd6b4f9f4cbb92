-- purpose: another schedule for a camera.
-- caller: people (member), rpc/request_schedule_change.
-- promise: queued for the site's next midnight or a later date; earlier requests for the same device and day are superseded. The answer says when it
--   takes effect, and it does: a request that meets the opening of the day counts from the next one. Errors: not_signed_in, role_required, not_found, wrong_kind, invalid_cron, bad_input (no site, a date that has begun).
create or replace function public.request_schedule_change(
    p_device_id uuid,
    p_new_wake_schedule_cron text,
    p_effective_date date default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_device public.devices := private.require_camera('member', p_device_id);
begin
    return private.queue_schedule_change(
        v_device.company_id, p_device_id, p_new_wake_schedule_cron, v_device.site_id, p_effective_date, p_now);
end;
$$;

comment on function public.request_schedule_change(uuid, text, date, timestamptz) is
'Queues a schedule change; answers {change_id, effective_date, effective_at, in_text, message}. Errors: not_found, wrong_kind, invalid_cron, bad_input, role_required.';
revoke all on function public.request_schedule_change(uuid, text, date, timestamptz) from public;
grant execute on function public.request_schedule_change(uuid, text, date, timestamptz) to authenticated;
