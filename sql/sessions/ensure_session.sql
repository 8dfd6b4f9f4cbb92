-- purpose: the session of one site and local date.
-- caller: the wake ingest, place_camera, import_devices, fn_midnight_session_opener.
-- promise: as private.ensure_sessions; cheap where it exists already. Errors: not_found.
create or replace function private.ensure_session(
    p_company_id uuid,
    p_site_id uuid,
    p_date date,
    p_now timestamptz default now(),
    p_evidence_device_id uuid default null
) returns public.site_device_sessions
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_session public.site_device_sessions;
begin
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.site_id = p_site_id and s.session_date = p_date;
    if found and (v_session.status <> 'pending' or v_session.starts_at > p_now) then
        return v_session;
    end if;

    perform private.ensure_sessions(array[p_company_id], array[p_site_id], array[p_date], p_now, p_evidence_device_id);
    select * into v_session
    from public.site_device_sessions as s
    where s.company_id = p_company_id and s.site_id = p_site_id and s.session_date = p_date;
    if not found then
        perform private.fail('not_found', 'site');
    end if;
    return v_session;
end;
$$;

comment on function private.ensure_session(uuid, uuid, date, timestamptz, uuid) is
'The session of a site and local date, made or opened where needed, with its expected count from the schedules. Errors: not_found.';
revoke all on function private.ensure_session(uuid, uuid, date, timestamptz, uuid) from public;
