-- purpose: lock a site's days that are over.
-- caller: fn_end_of_day_locker_all; the edge role.
-- promise: every unlocked session of the site whose local end has passed is locked; then its alerts, whose errors never touch the lock. Nothing due
--   is an answer. The counts are those of the last day locked. Errors: not_found.
create or replace function public.fn_end_of_day_locker(
    p_site_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_days public.site_device_sessions[];
    v_last public.site_device_sessions;
    v_alerts int;
begin
    if not exists (select from public.sites as s where s.site_id = p_site_id) then
        perform private.fail('not_found', 'site');
    end if;
    v_days := array(select d from private.lock_days(array[p_site_id], p_now) as d);
    if cardinality(v_days) = 0 then
        return jsonb_build_object('success', true, 'site_id', p_site_id, 'locked', 0, 'alerts_created', 0, 'reason', 'nothing_due');
    end if;

    v_alerts := private.tell_days(
        array(select (d).company_id from unnest(v_days) as d), array(select (d).session_id from unnest(v_days) as d), p_now);
    v_last := v_days[cardinality(v_days)];
    return jsonb_build_object(
        'success', true, 'site_id', p_site_id, 'locked', cardinality(v_days), 'alerts_created', v_alerts,
        'session_id', v_last.session_id, 'session_date', v_last.session_date, 'expected_count', v_last.expected_wake_count,
        'completed_count', v_last.completed_wake_count, 'failed_count', v_last.failed_wake_count, 'extra_count', v_last.extra_wake_count);
end;
$$;

comment on function public.fn_end_of_day_locker(uuid, timestamptz) is
'Locks the finished days of a site; answers {locked, alerts_created, expected_count, completed_count, failed_count, …}. Errors: not_found.';
revoke all on function public.fn_end_of_day_locker(uuid, timestamptz) from public;
grant execute on function public.fn_end_of_day_locker(uuid, timestamptz) to edge, service_role;
