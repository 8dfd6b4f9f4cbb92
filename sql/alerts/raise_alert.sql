-- purpose: the one writer of alerts.
-- caller: handlers and jobs.
-- promise: one open alert a (company, type, subject): a repeat raises its count, its last time and, if worse, its severity.
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
declare
    v_alert_id uuid;
begin
    insert into public.device_alerts as a (
        company_id, alert_type, severity, subject_id, device_id, site_id, session_id, image_id, deployment_id, message, details,
        first_seen_at, last_seen_at)
    values (
        p_company_id, p_type, p_severity, p_subject_id, p_device_id, p_site_id, p_session_id, p_image_id, p_deployment_id, p_message,
        p_details, p_now, p_now)
    on conflict (company_id, alert_type, subject_id) where status <> 'resolved' do update
    set
        occurrence_count = a.occurrence_count + 1,
        last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
        severity = case
            when array_position(array['warning', 'error', 'critical'], excluded.severity)
                > array_position(array['warning', 'error', 'critical'], a.severity) then excluded.severity
            else a.severity
        end,
        message = excluded.message,
        details = excluded.details,
        session_id = coalesce(excluded.session_id, a.session_id)
    returning a.alert_id into v_alert_id;
    return v_alert_id;
end;
$$;

comment on function private.raise_alert(uuid, text, text, uuid, text, jsonb, timestamptz, uuid, uuid, uuid, uuid, uuid) is
'Opens an alert, or repeats the open one of the same company, type and subject. Returns its id.';
revoke all on function private.raise_alert(uuid, text, text, uuid, text, jsonb, timestamptz, uuid, uuid, uuid, uuid, uuid) from public;
