-- purpose: the cause of an alert has ended by itself.
-- caller: handlers and jobs.
-- promise: the open alert of that type and subject is resolved, by nobody, and whoever was told that it opened is told; without one nothing happens.
create or replace function private.resolve_alert(
    p_company_id uuid,
    p_type text,
    p_subject_id uuid,
    p_now timestamptz default now()
) returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_alert public.device_alerts;
begin
    -- Nearly always there is none: a look is cheaper than an update, whose trigger would run for nothing.
    if exists (
        select from public.device_alerts as a
        where a.company_id = p_company_id and a.alert_type = p_type and a.subject_id = p_subject_id and a.status <> 'resolved'
    ) then
        update public.device_alerts as a
        set status = 'resolved', resolved_at = p_now
        where a.company_id = p_company_id and a.alert_type = p_type and a.subject_id = p_subject_id and a.status <> 'resolved'
        returning * into v_alert;
        if found then
            perform private.notify_alerts(array[v_alert.company_id], array[v_alert.alert_id], array['resolved'], p_now);
        end if;
    end if;
end;
$$;

comment on function private.resolve_alert(uuid, text, uuid, timestamptz) is 'Resolves the open alert of a type and subject, if there is one.';
revoke all on function private.resolve_alert(uuid, text, uuid, timestamptz) from public;
