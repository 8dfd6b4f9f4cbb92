-- purpose: a camera's expectation ends now.
-- caller: place_camera, unmap_device, archive_device, which hold the camera's lock.
-- promise: the remaining slots of the running day of its site are no longer expected. Its row is the caller's.
create or replace function private.leave_site(
    p_company_id uuid,
    p_device_id uuid,
    p_now timestamptz default now()
) returns void
language sql
security definer
set search_path = ''
as $$
    select private.set_session_devices(p_company_id, s.session_id, array[p_device_id], false, p_now)
    from public.devices as d
    join public.site_device_sessions as s on s.company_id = d.company_id and s.site_id = d.site_id
    where d.company_id = p_company_id and d.device_id = p_device_id and s.starts_at <= p_now and s.ends_at > p_now;
$$;

comment on function private.leave_site(uuid, uuid, timestamptz) is 'Removes the remaining slots of a camera from its site''s running day.';
revoke all on function private.leave_site(uuid, uuid, timestamptz) from public;
