-- purpose: alerts of finished days, which never touch the lock.
-- caller: fn_end_of_day_locker, fn_end_of_day_locker_all, after private.lock_days.
-- promise: all at once; when that fails, each day alone, and what fails then is a failed row of job_runs. Returns how many were raised.
create or replace function private.tell_days(
    p_company_ids uuid[],
    p_session_ids uuid[],
    p_now timestamptz default now()
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_raised int := 0;
    v_day record;
begin
    begin
        return private.raise_day_alerts(p_company_ids, p_session_ids, p_now);
    exception when others then
        null;
    end;
    for v_day in
        select k.company_id, k.session_id from unnest(p_company_ids, p_session_ids) as k (company_id, session_id)
    loop
        begin
            v_raised := v_raised + private.raise_day_alerts(array[v_day.company_id], array[v_day.session_id], p_now);
        exception when others then
            insert into private.job_runs (job, started_at, finished_at, ok, counts, error)
            values ('day_alerts', p_now, clock_timestamp(), false, jsonb_build_object('session_id', v_day.session_id), sqlerrm);
        end;
    end loop;
    return v_raised;
end;
$$;

comment on function private.tell_days(uuid[], uuid[], timestamptz) is 'Writes the alerts of finished days; an error never reaches the caller.';
revoke all on function private.tell_days(uuid[], uuid[], timestamptz) from public;
