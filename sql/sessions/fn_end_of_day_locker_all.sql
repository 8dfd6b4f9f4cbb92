-- purpose: lock every site day whose local end has passed.
-- caller: pg_cron, every minute and at start.
-- promise: a due queue: each site in its own minute, days of downtime caught up, a repeat does nothing, two at once do not meet. One site's error is
--   reported and stops no other. A row of job_runs when there was something to do.
create or replace function public.fn_end_of_day_locker_all(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_batch uuid[];
    v_site_id uuid;
    v_days public.site_device_sessions[];
    v_result jsonb;
    v_results jsonb := '[]'::jsonb;
    v_success int := 0;
    v_locked int := 0;
    v_alerts int := 0;
    v_errors int := 0;
    v_error text;
    v_started_at timestamptz := clock_timestamp();
begin
    if not pg_try_advisory_xact_lock(hashtextextended('lics.day_locker', 0)) then
        return jsonb_build_object('success_count', 0, 'error_count', 0, 'total_alerts_created', 0, 'reason', 'already_running');
    end if;

    for v_batch in
        select array_agg(k.site_id)
        from (
            select s.site_id, row_number() over (order by s.company_id, s.site_id) as n
            from public.site_device_sessions as s
            where s.status <> 'locked' and s.ends_at <= p_now
            group by s.company_id, s.site_id
        ) as k
        group by k.n / 500
        order by k.n / 500
    loop
        begin
            v_days := array(select d from private.lock_days(v_batch, p_now) as d);
            v_alerts := v_alerts + private.tell_days(
                array(select (d).company_id from unnest(v_days) as d), array(select (d).session_id from unnest(v_days) as d), p_now);
            v_success := v_success + cardinality(v_batch);
            v_locked := v_locked + cardinality(v_days);
            if jsonb_array_length(v_results) < 100 then
                v_results := v_results || coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'success', true, 'site_id', (d).site_id, 'session_id', (d).session_id, 'session_date', (d).session_date))
                    from (select d from unnest(v_days) as d limit 100) as d), '[]');
            end if;
        exception when others then
            -- One of them is broken: each alone, so that it harms no other.
            foreach v_site_id in array v_batch loop
                begin
                    v_result := public.fn_end_of_day_locker(v_site_id, p_now);
                    v_success := v_success + 1;
                    v_locked := v_locked + (v_result ->> 'locked')::int;
                    v_alerts := v_alerts + (v_result ->> 'alerts_created')::int;
                exception when others then
                    v_errors := v_errors + 1;
                    v_error := coalesce(v_error, sqlerrm);
                    v_result := jsonb_build_object('success', false, 'site_id', v_site_id, 'error', sqlerrm, 'code', sqlstate);
                end;
                v_results := v_results || v_result;
            end loop;
        end;
    end loop;

    if v_success + v_errors > 0 then
        insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
        values (
            'day_locker', v_started_at, clock_timestamp(), v_errors = 0,
            jsonb_build_object('sites', v_success, 'locked', v_locked, 'alerts', v_alerts, 'errors', v_errors), v_error);
    end if;
    return jsonb_build_object(
        'success_count', v_success, 'error_count', v_errors, 'locked', v_locked, 'total_alerts_created', v_alerts, 'results', v_results)
        || case when v_success + v_errors = 0 then jsonb_build_object('reason', 'nothing_due') else '{}' end;
end;
$$;

comment on function public.fn_end_of_day_locker_all(timestamptz) is
'Locks all finished site days; answers {success_count, error_count, locked, total_alerts_created, results (the first hundreds)}.';
revoke all on function public.fn_end_of_day_locker_all(timestamptz) from public;
grant execute on function public.fn_end_of_day_locker_all(timestamptz) to edge, service_role;
