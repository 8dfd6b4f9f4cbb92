-- purpose: everything that is due within seconds.
-- caller: one edge handler each second, pg_cron each minute.
-- promise: one run at a time (another returns at once); each part on its own, so that an error in one stops no other and is a row of job_runs.
create or replace function private.run_due(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_part text;
    v_count jsonb;
    v_counts jsonb := '{}'::jsonb;
    v_parts constant text[] := array['due_transfers', 'due_wakes', 'due_stale_transfers', 'due_commands', 'due_rig_commands', 'due_runs', 'due_rollups'];
begin
    if not pg_try_advisory_xact_lock(hashtextextended('lics.run_due', 0)) then
        return jsonb_build_object('reason', 'already_running');
    end if;
    foreach v_part in array v_parts loop
        begin
            execute format('select to_jsonb(private.%I($1))', v_part) into v_count using p_now;
            v_counts := v_counts || jsonb_build_object(v_part, v_count);
        exception when others then
            v_counts := v_counts || jsonb_build_object(v_part, jsonb_build_object('error', sqlerrm));
            insert into private.job_runs (job, started_at, finished_at, ok, error) values (v_part, p_now, clock_timestamp(), false, sqlerrm);
        end;
    end loop;
    return v_counts;
end;
$$;

comment on function private.run_due(timestamptz) is 'Runs every part that is due within seconds; answers the counts of each.';
revoke all on function private.run_due(timestamptz) from public;
grant execute on function private.run_due(timestamptz) to edge;
