-- purpose: one alert.
-- caller: handlers and jobs.
-- promise: as private.raise_alerts; returns the id of the open alert. One that cannot be written fails nothing else: it is a row of job_runs, and
--   the answer is null.
create or replace function private.raise_alert(
    p_company_id uuid,
    p_type text,
    p_severity text,
    p_subject_id uuid,
    p_message text,
    p_details jsonb default '{}',
    p_now timestamptz default now(),
    p_device_id uuid default null,
    p_site_id uuid default null,
    p_session_id uuid default null,
    p_image_id uuid default null,
    p_deployment_id uuid default null
) returns uuid
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.raise_alerts(
        jsonb_build_array(jsonb_build_object(
            'company_id', p_company_id, 'alert_type', p_type, 'severity', p_severity, 'subject_id', p_subject_id, 'device_id', p_device_id,
            'site_id', p_site_id, 'session_id', p_session_id, 'image_id', p_image_id, 'deployment_id', p_deployment_id,
            'message', p_message, 'details', p_details)),
        p_now);
    return (
        select a.alert_id from public.device_alerts as a
        where a.company_id = p_company_id and a.alert_type = p_type and a.subject_id = p_subject_id and a.status <> 'resolved');
exception when others then
    insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
    values (
        'raise_alert', p_now, clock_timestamp(), false,
        jsonb_build_object('company_id', p_company_id, 'alert_type', p_type, 'subject_id', p_subject_id), sqlerrm);
    return null;
end;
$$;

comment on function private.raise_alert(uuid, text, text, uuid, text, jsonb, timestamptz, uuid, uuid, uuid, uuid, uuid) is
'Opens an alert, or repeats the open one of the same company, type and subject. Returns its id; null when it could not be written.';
revoke all on function private.raise_alert(uuid, text, text, uuid, text, jsonb, timestamptz, uuid, uuid, uuid, uuid, uuid) from public;
