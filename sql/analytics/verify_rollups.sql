-- purpose: a proof that the rollups equal a fresh count.
-- caller: pg_cron, nightly; operators; tests.
-- promise: compares every site day of the last p_days dates (null: all) that is not queued, with its devices and its program's date. What is wrong is queued,
--   so that it mends itself, and is a failed row of job_runs: it means that a writer forgot to mark. Answers {checked, wrong, sessions}.
create or replace function private.verify_rollups(
    p_now timestamptz default now(),
    p_days int default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_set record;
    v_found uuid[];
    v_checked int := 0;
    v_wrong uuid[] := '{}'::uuid[];
begin
    -- No refresh meanwhile.
    perform pg_advisory_xact_lock(hashtextextended('lics.rollups', 0));
    for v_set in
        select array_agg(d.company_id) as company_ids, array_agg(d.session_id) as session_ids
        from (
            select s.company_id, s.session_id, row_number() over (order by s.session_date, s.session_id) as n
            from public.site_device_sessions as s
            where p_days is null or s.session_date > (p_now at time zone 'UTC')::date - p_days
        ) as d
        group by d.n / 500
    loop
        -- One statement, one snapshot: a payload and its mark are committed together, so a day that is behind is queued.
        with device as materialized (
            select n.* from private.count_device_days(v_set.company_ids, v_set.session_ids) as n
        ), wrong as (
            select n.session_id
            from device as n
            left join public.device_day_rollups as r
                on r.company_id = n.company_id and r.session_id = n.session_id and r.device_id = n.device_id
            where to_jsonb(n) - 'updated_at' is distinct from to_jsonb(r) - 'updated_at'
            union
            select r.session_id
            from public.device_day_rollups as r
            join unnest(v_set.company_ids, v_set.session_ids) as u (company_id, session_id)
                on u.company_id = r.company_id and u.session_id = r.session_id
            where not exists (select from device as n where n.session_id = r.session_id and n.device_id = r.device_id)
            union
            select n.session_id
            from private.count_site_days(v_set.company_ids, v_set.session_ids) as n
            left join public.site_day_rollups as r on r.company_id = n.company_id and r.session_id = n.session_id
            where to_jsonb(n) - 'updated_at' is distinct from to_jsonb(r) - 'updated_at'
            union
            select s.session_id
            from private.count_program_days(v_set.company_ids, v_set.session_ids) as n
            join public.site_device_sessions as s
                on s.company_id = n.company_id and s.program_id = n.program_id and s.timezone = n.timezone and s.session_date = n.rollup_date
            left join public.program_day_rollups as r
                on r.company_id = n.company_id and r.program_id = n.program_id and r.timezone = n.timezone and r.rollup_date = n.rollup_date
            where to_jsonb(n) - 'updated_at' is distinct from to_jsonb(r) - 'updated_at'
        )
        select array_agg(w.session_id) into v_found
        from wrong as w
        where not exists (select from private.rollup_queue as q where q.session_id = w.session_id);
        v_wrong := v_wrong || v_found;
        v_checked := v_checked + cardinality(v_set.session_ids);
    end loop;

    insert into private.rollup_queue (company_id, session_id)
    select s.company_id, s.session_id from public.site_device_sessions as s where s.session_id = any (v_wrong);
    insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
    values (
        'verify_rollups', p_now, clock_timestamp(), cardinality(v_wrong) = 0,
        jsonb_build_object('checked', v_checked, 'wrong', cardinality(v_wrong)),
        case when cardinality(v_wrong) > 0 then 'rollups differ from a fresh count' end);
    return jsonb_build_object('checked', v_checked, 'wrong', cardinality(v_wrong), 'sessions', to_jsonb(v_wrong));
end;
$$;

comment on function private.verify_rollups(timestamptz, int) is 'Compares rollups with a fresh count and queues what differs; answers {checked, wrong, sessions}.';
revoke all on function private.verify_rollups(timestamptz, int) from public;
