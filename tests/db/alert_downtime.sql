-- Alerts after downtime: what is long past says nothing about today.
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
create function pg_temp.alerts() returns text language sql as $$
    select string_agg(format('%s %s x%s', a.alert_type, a.status, a.occurrence_count), ', ' order by a.alert_type, a.first_seen_at)
    from device_alerts as a left join devices as d on d.company_id = a.company_id and d.device_id = a.device_id
    where (a.device_id is null and a.site_id = 'a0000000-0000-4000-8000-000000000010') or d.name = 'cam-1';
$$;
-- Hourly, so that a day without a wake is more than two missed.
update devices set wake_schedule_cron = '0 * * * *' where name in ('cam-1', 'cam-2');

-- A week of downtime: the last day before it, the missed days, and yesterday.
select fn_midnight_session_opener_all('2026-03-02 12:00Z');
select is((fn_end_of_day_locker_all('2026-03-10 12:00Z') ->> 'total_alerts_created')::int, 0, 'a day that ended a week ago raises nothing');
select is(pg_temp.alerts(), null, 'nothing at all');
select fn_midnight_session_opener_all('2026-03-10 12:00Z');
select is(pg_temp.alerts(), 'low_completeness open x1, missed_wake open x1', 'yesterday tells, once');
select is((select details ->> 'session_date' from device_alerts where alert_type = 'low_completeness'), '2026-03-09', 'it is yesterday');

-- A day that is locked late does not speak over the days after it.
select fn_end_of_day_locker_all('2026-03-11 04:00:10Z');
select fn_midnight_session_opener_all('2026-03-11 04:00:10Z');
select is(pg_temp.alerts(), 'low_completeness open x2, missed_wake open x2', 'another bad day is a repeat');
insert into site_device_sessions (company_id, program_id, site_id, session_date, timezone, starts_at, ends_at, status, opened_at)
values ('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000010', '2026-02-20', 'America/New_York',
    '2026-02-20 05:00Z', '2026-02-21 05:00Z', 'in_progress', '2026-02-20 05:00Z');
select is((fn_end_of_day_locker_all('2026-03-11 05:00Z') ->> 'locked')::int, 1, 'a forgotten day, on which nothing was expected, is locked');
select is(pg_temp.alerts(), 'low_completeness open x2, missed_wake open x2', 'and resolves nothing of today');

select fn_end_of_day_locker_all('2026-03-14 12:00Z');
select is(pg_temp.alerts(), 'low_completeness open x2, missed_wake open x2', 'a day that ended two days ago is silent');
select fn_midnight_session_opener_all('2026-03-14 12:00Z');
select is(pg_temp.alerts(), 'low_completeness open x3, missed_wake open x3', 'yesterday is not');

-- device_offline of a camera whose program has ended, or whose site is archived.
update devices set last_seen_at = '2026-03-14 12:00Z', next_wake_at = '2026-03-14 13:00Z', mapped_at = '2026-01-01' where name in ('cam-1', 'cam-2');
select is(private.due_offline_alerts('2026-03-14 20:00Z'), '{"raised": 2, "resolved": 0}', 'two cameras fall silent');
update pilot_programs set end_date = '2026-03-14' where program_name = 'Alpha study';
select is(private.due_offline_alerts('2026-03-15 03:59Z'), '{"raised": 0, "resolved": 0}', 'on the program''s last local day they are still missed');
select is(private.due_offline_alerts('2026-03-15 04:00Z'), '{"raised": 0, "resolved": 2}', 'after it they are not');
update pilot_programs set end_date = null;
select is(private.due_offline_alerts('2026-03-15 05:00Z'), '{"raised": 2, "resolved": 0}', 'prolonged, they are again');
update sites set archived_at = '2026-03-15 05:00Z' where name = 'New York';
select is(private.due_offline_alerts('2026-03-15 05:01Z'), '{"raised": 0, "resolved": 2}', 'an archived site misses nobody');
select is(private.due_offline_alerts('2026-03-15 05:02Z'), '{"raised": 0, "resolved": 0}', 'and does not begin again');

-- A manual wake at the time of a scheduled one is one wake, told once.
update sites set archived_at = null where name = 'New York';
update devices set wake_schedule_cron = '0 8,16 * * *' where name = 'cam-1';
select pg_temp.act_as('member@alpha.test');
select wake_once('a0000000-0000-4000-8000-0000000000c1', '2026-03-16 20:00Z', '2026-03-16 10:00Z');
select pg_temp.wake('2026-03-16 12:00Z', 'm1.jpg');
select is((select next_wake_at from devices where name = 'cam-1'), '2026-03-16 20:00Z', 'told at the contact before');
select pg_temp.wake('2026-03-16 20:00Z', 'm2.jpg');
select is((select next_wake_at from devices where name = 'cam-1'), '2026-03-17 12:00Z', 'obeyed by the scheduled wake: no second one two minutes later');
select is((select status from device_commands where command = 'next_wake'), 'done', 'the command is done');
select * from finish();
rollback;
