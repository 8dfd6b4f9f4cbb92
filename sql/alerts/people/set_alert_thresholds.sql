-- purpose: other limits for alerts, of a device or of the whole company.
-- caller: people (admin), rpc/set_alert_thresholds.
-- promise: only the limits named in p_limits change; null takes one back to what the company, else the default says. They count from the next
--   reading or look on. Answers as alert_thresholds_of. Errors: not_signed_in, role_required, not_found, bad_input.
create or replace function public.set_alert_thresholds(
    p_limits jsonb,
    p_device_id uuid default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_names constant text[] := array[
        'missed_wake_max_count', 'failure_max_ratio', 'completeness_min_ratio', 'battery_warning_v', 'battery_critical_v',
        'rig_silent_s', 'camera_missed_slots', 'temperature_max_warning_c', 'temperature_max_critical_c',
        'temperature_min_warning_c', 'temperature_min_critical_c', 'temperature_rise_warning_c',
        'temperature_rise_critical_c', 'temperature_drop_warning_c', 'temperature_drop_critical_c',
        'humidity_max_warning_pct', 'humidity_max_critical_pct', 'humidity_min_warning_pct', 'humidity_min_critical_pct',
        'humidity_rise_warning_pct', 'humidity_rise_critical_pct', 'humidity_drop_warning_pct', 'humidity_drop_critical_pct'];
    v_wrong text;
    v_before public.alert_thresholds;
    v_after public.alert_thresholds;
begin
    if p_device_id is not null and not exists (
        select from public.devices as d
        where d.company_id = v_company_id and d.device_id = p_device_id and d.archived_at is null
    ) then
        perform private.fail('not_found', 'device');
    elsif jsonb_typeof(p_limits) is distinct from 'object' then
        perform private.fail('bad_input', 'p_limits: an object of names and numbers');
    end if;
    select min(l.key) into v_wrong
    from jsonb_each(p_limits) as l (key, value)
    where l.key <> all (v_names) or jsonb_typeof(l.value) not in ('number', 'null');
    if v_wrong is not null then
        perform private.fail('bad_input', v_wrong || ': no such limit, or not a number');
    end if;

    -- Two admins at once: the second one waits, and changes what the first one left.
    perform pg_advisory_xact_lock(hashtextextended('lics.alert_thresholds ' || v_company_id, 0));
    select * into v_before
    from public.alert_thresholds as t
    where t.company_id = v_company_id and t.device_id is not distinct from p_device_id;
    begin
        v_after := jsonb_populate_record(v_before, p_limits);
        v_after.company_id := v_company_id;
        v_after.device_id := p_device_id;
        v_after.threshold_id := coalesce(v_before.threshold_id, private.new_id());
        v_after.updated_by := auth.uid();
        v_after.created_at := coalesce(v_before.created_at, p_now);
        v_after.updated_at := p_now;
        insert into public.alert_thresholds as t select v_after.*
        on conflict (company_id, threshold_id) do update
        set
        missed_wake_max_count = excluded.missed_wake_max_count,
        failure_max_ratio = excluded.failure_max_ratio,
        completeness_min_ratio = excluded.completeness_min_ratio,
        battery_warning_v = excluded.battery_warning_v,
        battery_critical_v = excluded.battery_critical_v,
        rig_silent_s = excluded.rig_silent_s,
        camera_missed_slots = excluded.camera_missed_slots,
        temperature_max_warning_c = excluded.temperature_max_warning_c,
        temperature_max_critical_c = excluded.temperature_max_critical_c,
        temperature_min_warning_c = excluded.temperature_min_warning_c,
        temperature_min_critical_c = excluded.temperature_min_critical_c,
        temperature_rise_warning_c = excluded.temperature_rise_warning_c,
        temperature_rise_critical_c = excluded.temperature_rise_critical_c,
        temperature_drop_warning_c = excluded.temperature_drop_warning_c,
        temperature_drop_critical_c = excluded.temperature_drop_critical_c,
        humidity_max_warning_pct = excluded.humidity_max_warning_pct,
        humidity_max_critical_pct = excluded.humidity_max_critical_pct,
        humidity_min_warning_pct = excluded.humidity_min_warning_pct,
        humidity_min_critical_pct = excluded.humidity_min_critical_pct,
        humidity_rise_warning_pct = excluded.humidity_rise_warning_pct,
        humidity_rise_critical_pct = excluded.humidity_rise_critical_pct,
        humidity_drop_warning_pct = excluded.humidity_drop_warning_pct,
        humidity_drop_critical_pct = excluded.humidity_drop_critical_pct,
        updated_by = excluded.updated_by, updated_at = excluded.updated_at;
    exception when check_violation or numeric_value_out_of_range or invalid_text_representation then
        perform private.fail('bad_input', 'a limit is out of range, belongs to the company only, or warning and critical are in the wrong order');
    end;
    insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row, new_row)
    values (
        v_company_id, p_now, auth.uid(), 'admin', 'set_alert_thresholds', 'alert_thresholds', p_device_id,
        jsonb_strip_nulls(to_jsonb(v_before)), jsonb_strip_nulls(to_jsonb(v_after)));
    return public.alert_thresholds_of(p_device_id);
end;
$$;

comment on function public.set_alert_thresholds(jsonb, uuid, timestamptz) is
'Sets limits of alerts, {name: number or null}, of a device or the company; answers as alert_thresholds_of. Admins. Errors: not_found (404), bad_input (422).';
revoke all on function public.set_alert_thresholds(jsonb, uuid, timestamptz) from public;
grant execute on function public.set_alert_thresholds(jsonb, uuid, timestamptz) to authenticated;
