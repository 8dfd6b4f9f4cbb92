-- purpose: which limits hold, and who set them.
-- caller: people, rpc/alert_thresholds_of; set_alert_thresholds, reset_alert_thresholds.
-- promise: {effective, device, company}: the limits in force, and what the device's and the company's rows say. Errors: not_signed_in, not_found.
create or replace function public.alert_thresholds_of(
    p_device_id uuid default null
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('viewer');
    v_keys constant text[] := array['company_id', 'threshold_id', 'device_id', 'updated_by', 'created_at', 'updated_at'];
begin
    if p_device_id is not null and not exists (
        select from public.devices as d where d.company_id = v_company_id and d.device_id = p_device_id
    ) then
        perform private.fail('not_found', 'device');
    end if;
    return jsonb_build_object(
        'effective', jsonb_strip_nulls(to_jsonb(private.thresholds(v_company_id, p_device_id)) - v_keys),
        'device', (
            select jsonb_strip_nulls(to_jsonb(t) - v_keys)
            from public.alert_thresholds as t
            where t.company_id = v_company_id and t.device_id = p_device_id),
        'company', (
            select jsonb_strip_nulls(to_jsonb(t) - v_keys)
            from public.alert_thresholds as t
            where t.company_id = v_company_id and t.device_id is null));
end;
$$;

comment on function public.alert_thresholds_of(uuid) is
'The limits of alerts in force for a device or the company, {effective, device, company}. Error: not_found (404).';
revoke all on function public.alert_thresholds_of(uuid) from public;
grant execute on function public.alert_thresholds_of(uuid) to authenticated;
