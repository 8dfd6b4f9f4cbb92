-- purpose: empty the queue of site days whose rollups no longer hold.
-- caller: private.run_due, each second; pg_cron each minute as the backstop.
-- promise: at most p_limit site days a call, oldest first; what was marked while it counts stays queued. When a set fails, each alone: the broken one is
--   a failed row of job_runs and leaves the queue, the nightly compare finds it again. Returns how many were counted anew.
create or replace function private.due_rollups(
    p_now timestamptz default now(),
    p_limit int default 100
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_ids uuid[];
    v_session_ids uuid[];
    v_day record;
    v_count int;
begin
    if not exists (select from private.rollup_queue) or not pg_try_advisory_xact_lock(hashtextextended('lics.rollups', 0)) then
        return 0;
    end if;
    with oldest as (
        select q.company_id, q.session_id, max(q.mark_id) as last_mark_id
        from private.rollup_queue as q
        group by q.company_id, q.session_id
        order by min(q.mark_id)
        limit p_limit
    ), claimed as (
        delete from private.rollup_queue as q
        using oldest as o
        where q.company_id = o.company_id and q.session_id = o.session_id and q.mark_id <= o.last_mark_id
    )
    select array_agg(o.company_id), array_agg(o.session_id) into v_company_ids, v_session_ids
    from oldest as o;
    v_count := coalesce(cardinality(v_session_ids), 0);

    begin
        perform private.refresh_rollups(v_company_ids, v_session_ids);
        return v_count;
    exception when others then
        null;
    end;
    for v_day in
        select k.company_id, k.session_id from unnest(v_company_ids, v_session_ids) as k (company_id, session_id)
    loop
        begin
            perform private.refresh_rollups(array[v_day.company_id], array[v_day.session_id]);
        exception when others then
            v_count := v_count - 1;
            insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
            values ('due_rollups', p_now, clock_timestamp(), false, jsonb_build_object('session_id', v_day.session_id), sqlerrm);
        end;
    end loop;
    return v_count;
end;
$$;

comment on function private.due_rollups(timestamptz, int) is 'Counts the rollups of queued site days anew; returns how many.';
revoke all on function private.due_rollups(timestamptz, int) from public;
