-- purpose: open every site whose local day has begun and is not open.
-- caller: pg_cron, every minute and at start.
-- promise: a due queue: after downtime every missed day is made too, a repeat does nothing, two at once do not meet. Active sites only (program
--   active on the day, a camera mapped); others are passed over for the day. One site's error is reported and stops no other. A row of job_runs when there was something to do.
create or replace function public.fn_midnight_session_opener_all(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_batch record;
    v_site_id uuid;
    v_result jsonb;
    v_results jsonb := '[]'::jsonb;
    v_opened int := 0;
    v_days int := 0;
    v_errors int := 0;
    v_error text;
    v_skipped int;
    v_started_at timestamptz := clock_timestamp();
begin
    if not pg_try_advisory_xact_lock(hashtextextended('lics.session_opener', 0)) then
        return jsonb_build_object('success_count', 0, 'error_count', 0, 'reason', 'already_running');
    end if;

    for v_batch in
        with due as (
            select d.*, dense_rank() over (order by d.company_id, d.site_id) as n
            from private.due_days(p_now) as d
        )
        select
            array_agg(d.company_id order by d.n, d.session_date) as company_ids, array_agg(d.site_id order by d.n, d.session_date) as site_ids,
            array_agg(d.session_date order by d.n, d.session_date) as dates, array_agg(distinct d.site_id) as sites
        from due as d
        group by d.n / 500
        order by d.n / 500
    loop
        begin
            perform private.open_days(v_batch.company_ids, v_batch.site_ids, v_batch.dates, p_now);
            v_opened := v_opened + cardinality(v_batch.sites);
            v_days := v_days + cardinality(v_batch.dates);
            if jsonb_array_length(v_results) < 100 then
                v_results := v_results || coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'success', true, 'site_id', s.site_id, 'session_id', s.session_id, 'session_date', s.session_date,
                        'expected_wake_count', s.expected_wake_count, 'config_changed', s.config_changed_flag))
                    from unnest(v_batch.company_ids[:100], v_batch.site_ids[:100], v_batch.dates[:100]) as k (company_id, site_id, session_date)
                    join public.site_device_sessions as s
                        on s.company_id = k.company_id and s.site_id = k.site_id and s.session_date = k.session_date), '[]');
            end if;
        exception when others then
            -- One of them is broken: each alone, so that it harms no other.
            foreach v_site_id in array v_batch.sites loop
                begin
                    v_result := public.fn_midnight_session_opener(v_site_id, p_now);
                    v_opened := v_opened + 1;
                exception when others then
                    v_errors := v_errors + 1;
                    v_error := coalesce(v_error, sqlerrm);
                    v_result := jsonb_build_object('success', false, 'site_id', v_site_id, 'error', sqlerrm, 'code', sqlstate);
                end;
                v_results := v_results || v_result;
            end loop;
        end;
    end loop;

    with zone as materialized (
        select z.timezone, private.local_date(p_now, z.timezone) as today
        from (select distinct s.timezone from public.sites as s where s.archived_at is null) as z
    ), skipped as (
        update public.sites as s
        set opened_until = z.today
        from zone as z, public.pilot_programs as g
        where z.timezone = s.timezone and s.archived_at is null and (s.opened_until is null or s.opened_until < z.today)
            and g.company_id = s.company_id and g.program_id = s.program_id
            and not z.today between g.start_date and coalesce(g.end_date, 'infinity')
        returning s.site_id
    )
    select count(*)::int into v_skipped from skipped;

    if v_opened + v_errors > 0 then
        insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
        values (
            'session_opener', v_started_at, clock_timestamp(), v_errors = 0,
            jsonb_build_object('opened', v_opened, 'days', v_days, 'errors', v_errors, 'inactive', v_skipped), v_error);
    end if;
    return jsonb_build_object('success_count', v_opened, 'error_count', v_errors, 'results', v_results)
        || case when v_opened + v_errors = 0 then jsonb_build_object('reason', 'nothing_due') else '{}' end;
end;
$$;

comment on function public.fn_midnight_session_opener_all(timestamptz) is
'Opens all sites whose local day has begun; answers {success_count, error_count, results (the first hundreds)}.';
revoke all on function public.fn_midnight_session_opener_all(timestamptz) from public;
grant execute on function public.fn_midnight_session_opener_all(timestamptz) to edge, service_role;
