-- purpose: another schedule for a camera.
-- caller: people (member), rpc/request_schedule_change.
-- promise: queued for the site's next midnight or a later date; earlier requests for the same device and day are superseded. The answer says when it
--   takes effect. Errors: not_signed_in, role_required, not_found, wrong_kind, invalid_cron, bad_input (no site, a date that has begun).
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
    v_company_id uuid := private.require_role('member');
    v_kind text;
    v_timezone text;
    v_date date;
    v_at timestamptz;
    v_change_id uuid;
begin
    select d.kind, s.timezone into v_kind, v_timezone
    from public.devices as d
    left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
    where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null;
    if not found then
        perform private.fail('not_found', 'device');
    elsif v_kind <> 'camera' then
        perform private.fail('wrong_kind');
    elsif v_timezone is null then
        perform private.fail('bad_input', 'the device has no site');
    end if;
    perform private.cron_check(p_new_wake_schedule_cron);
    v_date := coalesce(p_effective_date, private.local_date(p_now, v_timezone) + 1);
    if v_date <= private.local_date(p_now, v_timezone) then
        perform private.fail('bad_input', 'effective_date: tomorrow at the earliest');
    end if;

    update public.device_schedule_changes as c
    set superseded_at = p_now
    where c.company_id = v_company_id and c.device_id = p_device_id and c.effective_date = v_date
        and c.applied_at is null and c.superseded_at is null;
    insert into public.device_schedule_changes (company_id, device_id, new_wake_schedule_cron, requested_at, requested_by, effective_date)
    values (v_company_id, p_device_id, p_new_wake_schedule_cron, p_now, auth.uid(), v_date)
    returning change_id into v_change_id;

    v_at := (private.local_day(v_date, v_timezone)).starts_at;
    return jsonb_build_object(
        'change_id', v_change_id, 'effective_date', v_date, 'effective_at', v_at,
        'message', format('This change will take effect at midnight (%s hours from now)', round(extract(epoch from v_at - p_now) / 3600)));
end;
$$;

comment on function public.request_schedule_change(uuid, text, date, timestamptz) is
'Queues a schedule change; answers {change_id, effective_date, effective_at, message}. Errors: not_found, wrong_kind, invalid_cron, bad_input, role_required.';
revoke all on function public.request_schedule_change(uuid, text, date, timestamptz) from public;
grant execute on function public.request_schedule_change(uuid, text, date, timestamptz) to authenticated;
