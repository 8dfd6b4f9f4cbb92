-- Site days: local bounds, expected counts, opener and locker as due queues, the lock, counters, alerts.
begin;
\ir camera_world.psql
select no_plan();

-- local bounds
select results_eq(
    $$ select (x.s).session_date, (x.s).ends_at - (x.s).starts_at, (x.s).expected_wake_count
       from unnest(array['2026-03-07', '2026-03-08', '2026-11-01']::date[]) as d,
       lateral (select private.ensure_session('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000010', d, '2026-12-01Z') as s) as x $$,
    $$ values ('2026-03-07'::date, interval '24 h', 4), ('2026-03-08', interval '23 h', 4), ('2026-11-01', interval '25 h', 4) $$,
    'a day ends at the next local midnight: 23, 24 and 25 hours');
select is((select count(*) from site_device_sessions where status = 'locked' and company_id = 'a0000000-0000-4000-8000-000000000001'), 3::bigint, 'days that are over are locked from the start');
update devices set wake_schedule_cron = '*/15 * * * *' where name = 'cam-2';
select is((private.ensure_session('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000010', '2026-04-01', '2026-04-01 12:00Z')).expected_wake_count, 98,
    'expected is the sum of real occurrences');
update devices set wake_schedule_cron = '0 8,16 * * *' where name = 'cam-2';

-- evening and midnight
select pg_temp.wake('2026-02-11 02:30:00Z', 'evening.jpg');
select is((select session_date from device_wake_payloads join site_device_sessions on session_id = site_device_session_id), '2026-02-10'::date,
    '21:30 in New York is that local day, whatever the UTC date');
update devices set wake_schedule_cron = '0 0 * * *' where name = 'cam-2';
select pg_temp.wake('2026-02-13 04:58:00Z', 'early.jpg', 'A4CF12D0E39C');
select results_eq(
    $$ select s.session_date, s.status, p.wake_window_index, p.overage_flag from device_wake_payloads as p
       join site_device_sessions as s on s.session_id = p.site_device_session_id where p.device_id = 'a0000000-0000-4000-8000-0000000000c2' $$,
    $$ values ('2026-02-13'::date, 'pending', 1, false) $$, '23:58 for a 00:00 slot is slot 1 of the next day, whose row is pending');
select is(fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-13 05:00:10Z') ->> 'status', 'in_progress', 'the opener opens it');
select is(pg_temp.day('New York', '2026-02-13'), 'in_progress expected 3 completed 1 failed 0 pending 0 extra 0', 'with its expected count');
update devices set wake_schedule_cron = '0 8,16 * * *' where name = 'cam-2';
select pg_temp.wake('2026-02-13 13:00:00Z', 's1.jpg');
select pg_temp.wake('2026-02-13 13:30:00Z', 's2.jpg');
select pg_temp.wake('2026-02-13 21:05:00Z', 's3.jpg');
select is(pg_temp.day('New York', '2026-02-13'), 'in_progress expected 3 completed 3 failed 0 pending 0 extra 1',
    'a second wake in a taken slot is extra, and never completed');

-- queued schedules
insert into device_schedule_changes (company_id, device_id, new_wake_schedule_cron, requested_at, effective_date) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c1', '0 6 * * *', '2026-02-14 12:00Z', '2026-02-15'),
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c1', '0 6,12,18 * * *', '2026-02-14 13:00Z', '2026-02-15'),
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c1', '0 1 * * *', '2026-02-14 13:00Z', '2026-02-17');
select is(private.plan_next_wake('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c1', '2026-02-14 22:00Z'), '2026-02-15 11:00Z',
    'the next wake after midnight already follows the queued schedule');
select is(fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-16 06:00Z') - 'session_id',
    '{"success": true, "site_id": "a0000000-0000-4000-8000-000000000010", "session_date": "2026-02-16", "expected_wake_count": 5, "config_changed": true, "status": "in_progress"}',
    'a missed night is not lost: the change applies a day late');
select results_eq(
    $$ select new_wake_schedule_cron, applied_at is not null, superseded_at is not null from device_schedule_changes order by effective_date, requested_at $$,
    $$ values ('0 6 * * *', false, true), ('0 6,12,18 * * *', true, false), ('0 1 * * *', false, false) $$,
    'the last request of a day wins, the other is superseded, a later day waits');
select pg_temp.meta('2026-02-16 12:00Z', 'late15.jpg', '{"captured_at": "2026-02-15T17:01:00Z", "capture_key": "2026-02-15T17:01:00Z"}');
select is(pg_temp.day('New York', '2026-02-15'), 'locked expected 4 completed 0 failed 0 pending 1 extra 0',
    'a late day is made with the schedules of that day (cam-2: as last recorded), and locked');
select pg_temp.meta('2026-02-16 12:00Z', 'late14.jpg', '{"captured_at": "2026-02-14T13:01:00Z", "capture_key": "2026-02-14T13:01:00Z"}');
select is(pg_temp.day('New York', '2026-02-14'), 'locked expected 3 completed 0 failed 0 pending 1 extra 0', 'also where another one is in force now');

-- the guard
select throws_like($$ update site_device_sessions set status = 'in_progress', locked_at = null where session_date = '2026-02-15' $$, 'session_locked%', 'locked is terminal');
select throws_like($$ update site_device_sessions set expected_wake_count = 9 where session_date = '2026-02-15' $$, 'session_locked%', 'its expected count is frozen');
select throws_like($$ delete from site_device_sessions where session_date = '2026-02-15' $$, 'session_locked%', 'it cannot be deleted');
select throws_like($$ update site_device_sessions set status = 'pending' where session_date = '2026-02-16' $$, 'session_locked%', 'no way back to pending');
select fn_image_completion_handler(image_id, 'late.jpg', '2026-02-16 12:01Z') from device_images where image_name = 'late15.jpg';
select is(pg_temp.day('New York', '2026-02-15'), 'locked expected 4 completed 1 failed 0 pending 0 extra 0', 'late wakes still count in a locked day');
select is(fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-15 12:00Z') ->> 'status', 'locked', 'the opener leaves a locked day alone');

-- the queues: three zones over 48 h, each in its own minute
insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron) values
('a0000000-0000-4000-8000-000000000001', 'TEST-TOKYO', 'tokyo', 'camera', 'a0000000-0000-4000-8000-000000000011', '0 12 * * *'),
('a0000000-0000-4000-8000-000000000001', 'TEST-UTC', 'utc', 'camera', 'a0000000-0000-4000-8000-000000000012', '0 */6 * * *');
select fn_end_of_day_locker_all('2026-05-31 12:00Z');
select fn_midnight_session_opener_all('2026-05-31 12:00Z');
create temporary table ticks as
select t.now, fn_end_of_day_locker_all(t.now) as locked, fn_midnight_session_opener_all(t.now) as opened
from generate_series('2026-05-31 12:01Z'::timestamptz, '2026-06-02 12:00Z', '1 minute') as t (now);
select results_eq(
    $$ select s.name, t.now from ticks as t, jsonb_array_elements(t.locked -> 'results') as r join sites as s on s.site_id = (r ->> 'site_id')::uuid order by 2 $$,
    $$ values ('Tokyo', '2026-05-31 15:00Z'::timestamptz), ('Greenwich', '2026-06-01 00:00Z'), ('New York', '2026-06-01 04:00Z'),
              ('Tokyo', '2026-06-01 15:00Z'), ('Greenwich', '2026-06-02 00:00Z'), ('New York', '2026-06-02 04:00Z') $$,
    'each site locks in the minute of its own midnight');
select results_eq(
    $$ select s.name, t.now from ticks as t, jsonb_array_elements(t.opened -> 'results') as r join sites as s on s.site_id = (r ->> 'site_id')::uuid order by 2 $$,
    $$ values ('Tokyo', '2026-05-31 15:00Z'::timestamptz), ('Greenwich', '2026-06-01 00:00Z'), ('New York', '2026-06-01 04:00Z'),
              ('Tokyo', '2026-06-01 15:00Z'), ('Greenwich', '2026-06-02 00:00Z'), ('New York', '2026-06-02 04:00Z') $$,
    'and opens there');
select is(pg_temp.day('Greenwich', '2026-06-01'), 'locked expected 4 completed 0 failed 0 pending 0 extra 0', 'a day without a wake is a day');
select is(fn_end_of_day_locker('a0000000-0000-4000-8000-000000000010', '2026-06-02 12:00Z') - 'site_id', '{"success": true, "locked": 0, "alerts_created": 0, "reason": "nothing_due"}',
    'nothing due is an answer');
select is((select count(*) from private.job_runs where job = 'day_locker' and ok and finished_at >= started_at), 7::bigint, 'one row of job_runs for each run that had something to do');

-- downtime, and one site that is broken
select is((fn_end_of_day_locker_all('2026-06-05 12:00Z') ->> 'locked')::int, 3, 'after days of downtime everything due is locked');
set local session_replication_role = replica;
update devices set wake_schedule_cron = 'nonsense' where name = 'utc';
set local session_replication_role = origin;
create temporary table broken as select fn_midnight_session_opener_all('2026-06-05 12:00Z') as r;
select is(r - 'results', '{"success_count": 2, "error_count": 1}', 'one site''s error stops no other') from broken;
select is((select ok or error is null from private.job_runs where job = 'session_opener' order by job_run_id desc limit 1), false, 'and is loud');
update devices set wake_schedule_cron = '0 */6 * * *' where name = 'utc';
select is((fn_midnight_session_opener_all('2026-06-05 12:01Z') ->> 'success_count')::int, 1, 'mended, it is taken up in the next minute');

-- which sites are active
update pilot_programs set end_date = '2026-06-30' where program_name = 'Alpha study';
update devices set is_active = false where name = 'tokyo';
select is(fn_midnight_session_opener_all('2026-07-02 12:00Z') ->> 'success_count', '2', 'downtime over the end of a program: its last days are made,');
select is((select max(session_date) from site_device_sessions where company_id = 'a0000000-0000-4000-8000-000000000001' and session_date < '2026-10-01'), '2026-06-30'::date,
    'and none after its end');
select is(fn_midnight_session_opener_all('2026-07-03 12:00Z') - 'results', '{"success_count": 0, "error_count": 0, "reason": "nothing_due"}',
    'no day is opened for a program that has ended');
update devices set site_id = 'a0000000-0000-4000-8000-000000000010' where name = 'cam-1';
select pg_temp.wake('2026-07-02 15:00:00Z', 'ended.jpg', 'A4CF12D0E39B');
select is(pg_temp.day('New York', '2026-07-02'), 'in_progress expected 0 completed 0 failed 0 pending 0 extra 1', 'data that still arrives is kept, as extra');
update pilot_programs set end_date = null;

-- alerts of the lock
select fn_end_of_day_locker_all('2026-07-31 00:00Z');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000012', '2026-08-01 00:00Z');
update devices set battery_voltage = 3.3 where name = 'utc';
select is((fn_end_of_day_locker('a0000000-0000-4000-8000-000000000012', '2026-08-02 00:00Z') ->> 'alerts_created')::int, 3, 'the lock writes its alerts');
select results_eq(
    $$ select alert_type, severity from device_alerts where last_seen_at = '2026-08-02 00:00Z' order by 1 $$,
    $$ values ('low_battery', 'critical'), ('low_completeness', 'warning'), ('missed_wake', 'warning') $$, 'missed wakes, low completeness, low battery');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000012', '2026-08-02 00:00Z');
alter table device_alerts add constraint no_more_alerts check (false) not valid;
create temporary table noisy as select fn_end_of_day_locker('a0000000-0000-4000-8000-000000000012', '2026-08-03 00:00Z') as r;
select is((r ->> 'locked')::int, 1, 'an alert that cannot be written does not block the lock') from noisy;
select is((select status from site_device_sessions where session_date = '2026-08-02'), 'locked', 'the day is locked');
select isnt_empty($$ select from private.job_runs where job = 'day_alerts' and not ok $$, 'and the error is kept');
alter table device_alerts drop constraint no_more_alerts;
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000012', '2026-08-03 00:00Z');
alter table alert_thresholds rename to gone;
select is((fn_end_of_day_locker('a0000000-0000-4000-8000-000000000012', '2026-08-04 00:00Z') ->> 'locked')::int, 1, 'nor do rules that fail altogether');
select is((select status from site_device_sessions where session_date = '2026-08-03'), 'locked', 'that day is locked too');
select is((select count(*) from private.job_runs where job = 'day_alerts' and not ok), 2::bigint, 'loudly');
alter table gone rename to alert_thresholds;

-- guards on what is written
select throws_like($$ update sites set timezone = 'Mars/Olympus' where name = 'Tokyo' $$, 'invalid_timezone%', 'a site has a real zone');
select throws_like($$ update devices set wake_schedule_cron = '@daily' where name = 'cam-1' $$, 'invalid_cron%', 'a device has a real schedule');
select throws_like($$ insert into device_schedule_changes (company_id, device_id, new_wake_schedule_cron, effective_date)
    values ('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c1', '61 * * * *', '2027-01-01') $$, 'invalid_cron%', 'so has a change');

-- counters, completeness
update device_wake_payloads set payload_status = 'failed' where captured_at = '2026-02-13 13:00:00Z';
select is(fn_verify_session_counters('2026-08-03Z') ->> 'wrong', '1', 'a counter that is wrong is found');
select is((select ok from private.job_runs where job = 'verify_session_counters' order by job_run_id desc limit 1), false, 'loudly');
select private.recount_session(company_id, session_id) from site_device_sessions where session_date = '2026-02-13';
select is(fn_verify_session_counters('2026-08-03Z') ->> 'wrong', '0', 'a recount mends it');
select results_eq(
    $$ select completeness_band(c, e) from (values (0, 0), (10, 10), (11, 10), (8, 10), (5, 10), (4, 10)) as v (c, e) $$,
    $$ values (null), ('complete'), ('complete'), ('acceptable'), ('partial'), ('poor') $$, 'the seed''s bands; null when nothing was expected');
select * from finish();
rollback;
