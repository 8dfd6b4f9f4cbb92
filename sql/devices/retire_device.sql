-- purpose: a device leaves its company, or service.
-- caller: archive_device, place_camera (a MAC that moved to another company), which hold its lock.
-- promise: archived from now: nothing is expected, its broker account is revoked, queued schedules and commands are superseded, what was open about it is
--   resolved. Its history stays. The directory is the caller's.
create or replace function private.retire_device(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.leave_site(p_company_id, p_device_id, p_now);
    update public.devices as d
    set site_id = null, is_active = false, next_wake_at = null, archived_at = p_now, updated_at = p_now
    where d.company_id = p_company_id and d.device_id = p_device_id;
    update private.credentials as c
    set revoked_at = p_now
    where c.company_id = p_company_id and c.device_id = p_device_id and c.revoked_at is null;
    update public.device_schedule_changes as c
    set superseded_at = p_now
    where c.company_id = p_company_id and c.device_id = p_device_id and c.applied_at is null and c.superseded_at is null;
    update public.device_commands as c
    set status = 'superseded', finished_at = p_now
    where c.company_id = p_company_id and c.device_id = p_device_id and c.status in ('queued', 'published', 'acknowledged');
    perform private.resolve_alert(p_company_id, a.alert_type, p_device_id, p_now)
    from public.device_alerts as a
    where a.company_id = p_company_id and a.subject_id = p_device_id and a.status <> 'resolved';
end;
$$;

comment on function private.retire_device(uuid, uuid, timestamptz) is 'Archives a device; its history stays.';
revoke all on function private.retire_device(uuid, uuid, timestamptz) from public;
