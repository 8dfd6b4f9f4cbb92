-- The jobs of pg_cron, where it is installed. Every minute and at the server's start; each is a due queue, so a missed minute loses nothing.
-- Tests call the functions with p_now instead.
do $$
declare
    v_job record;
begin
    if not exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_cron') then
        return;
    end if;
    for v_job in
        select * from (values
            ('lics_session_opener', '* * * * *', 'select public.fn_midnight_session_opener_all()'),
            ('lics_session_opener_start', '@reboot', 'select public.fn_midnight_session_opener_all()'),
            ('lics_day_locker', '* * * * *', 'select public.fn_end_of_day_locker_all()'),
            ('lics_day_locker_start', '@reboot', 'select public.fn_end_of_day_locker_all()'),
            ('lics_run_due', '* * * * *', 'select private.run_due()'),
            ('lics_offline_alerts', '* * * * *', 'select private.due_offline_alerts()'),
            ('lics_purge_notifications', '41 2 * * *', 'select private.purge_notifications()'),
            ('lics_purge_chunks', '* * * * *', 'select private.purge_chunks()'),
            ('lics_purge_outbox', '7 * * * *', 'select private.purge_outbox()'),
            ('lics_verify_session_counters', '23 3 * * *', 'select public.fn_verify_session_counters()'),
            ('lics_verify_rollups', '53 3 * * *', 'select private.verify_rollups(now(), 40)')
        ) as j (name, schedule, command)
    loop
        execute format('select cron.schedule(%L, %L, %L)', v_job.name, v_job.schedule, v_job.command);
    end loop;
end;
$$;
