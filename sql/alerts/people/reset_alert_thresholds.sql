-- purpose: back to the company's limits (a device), or to the defaults (the company).
-- caller: people (admin), rpc/reset_alert_thresholds.
-- promise: the row is gone; without one nothing happens. Answers as alert_thresholds_of. Errors: not_signed_in, role_required, not_found.
create or replace function public.reset_alert_thresholds(
    p_device_id uuid default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_before public.alert_thresholds;
begin
    delete from public.alert_thresholds as t
    where t.company_id = v_company_id and t.device_id is not distinct from p_device_id
    returning * into v_before;
    if found then
        insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row)
        values (
            v_company_id, p_now, auth.uid(), 'admin', 'reset_alert_thresholds', 'alert_thresholds', p_device_id,
            jsonb_strip_nulls(to_jsonb(v_before)));
    end if;
    return public.alert_thresholds_of(p_device_id);
end;
$$;

comment on function public.reset_alert_thresholds(uuid, timestamptz) is
'Takes back the limits of a device, or of the company; answers as alert_thresholds_of. Admins. Error: not_found (404).';
revoke all on function public.reset_alert_thresholds(uuid, timestamptz) from public;
grant execute on function public.reset_alert_thresholds(uuid, timestamptz) to authenticated;
