-- Rollups and trends: late wakes, retries, DST days, zones, moved devices, unknown values, nothing expected; incremental equals rebuilt.
begin;
\ir camera_world.psql
select no_plan();
create function pg_temp.roll(p_now timestamptz) returns int language sql as $$ select private.due_rollups(p_now, 10000) $$;
create function pg_temp.trend(p_name text, p_now timestamptz, p_days int default 30) returns text language sql as $$
    select string_agg(format('%s: %s of %s, %s (%s..%s) %s%%', t.date, t.completed_wake_count, t.expected_wake_count, round(t.avg_temp, 2), t.min_temp, t.max_temp,
        t.completeness_pct), '; ' order by t.date)
    from devices as d, device_trend(d.device_id, p_days, p_now) as t where d.name = p_name;
$$;
select pg_temp.roll('2026-01-01Z');

-- a day, and a late wake of it
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-10 05:00:10Z');
select pg_temp.wake('2026-02-10 13:00Z', 'a.jpg');
select pg_temp.meta('2026-02-10 21:00Z', 'b.jpg', '{"temperature": -3.25, "humidity": null}');
select is(pg_temp.roll('2026-02-10 21:00:05Z'), 1, 'a day is counted once for all its marks');
select is(pg_temp.trend('cam-1', '2026-02-10 22:00Z'), '2026-02-10: 1 of 2, 9.13 (-3.25..21.5) 50.00%', 'a device''s day: sums of its payloads, whatever became of their images');
select is(pg_temp.roll('2026-02-10 22:00Z'), 0, 'nothing marked, nothing done');
select fn_end_of_day_locker('a0000000-0000-4000-8000-000000000010', '2026-02-11 05:00:10Z');
select pg_temp.meta('2026-02-11 13:00Z', 'late.jpg', '{"captured_at": "2026-02-09T13:00:00Z", "capture_key": "2026-02-09T13:00:00Z", "temperature": 5}');
select fn_image_completion_handler(image_id, 'x/late.jpg', '2026-02-11 13:01Z') from device_images where image_name = 'late.jpg';
select fn_image_failure_handler(image_id, 'timeout', 'gone', '2026-02-11 13:02Z') from device_images where image_name = 'b.jpg';
select pg_temp.roll('2026-02-11 13:02Z');
select is(pg_temp.trend('cam-1', '2026-02-11 14:00Z'),
    '2026-02-09: 1 of 2, 5.00 (5..5) 50.00%; 2026-02-10: 1 of 2, 9.13 (-3.25..21.5) 50.00%', 'a late wake changes the day it belongs to, and no other');
select results_eq(
    $$ select r.rollup_date, r.failed_wake_count, r.pending_wake_count, (r.humidity).value_count from device_day_rollups as r
       where r.device_id = 'a0000000-0000-4000-8000-0000000000c1' order by 1 $$,
    $$ values ('2026-02-09'::date, 0, 0, 1), ('2026-02-10', 1, 0, 1) $$, 'a failure moves from pending to failed; what was not measured is not counted, 0 is');
select fn_retry_by_id_handler('a0000000-0000-4000-8000-0000000000c1', 'b.jpg', 'x/b.jpg', '2026-02-11 15:00Z');
select pg_temp.roll('2026-02-11 15:00Z');
select is((select completeness_pct || ' ' || completed_wake_count || ' ' || failed_wake_count from device_trend('a0000000-0000-4000-8000-0000000000c1', 30, '2026-02-11 16:00Z') where date = '2026-02-10'),
    '100.00 2 0', 'a retry finds its way into the day of the capture');
select is(pg_temp.trend('cam-2', '2026-02-11 16:00Z'), '2026-02-09: 0 of 2,  (..) 0.00%; 2026-02-10: 0 of 2,  (..) 0.00%', 'a silent device is a row without values');
select is(pg_temp.trend('cam-1', '2026-02-11 16:00Z', 2), '2026-02-10: 2 of 2, 9.13 (-3.25..21.5) 100.00%', 'p_days = 2: today and yesterday, no edge counted twice');

-- one row a session
select results_eq(
    $$ select session_date, expected_wake_count, completed_wake_count, failed_wake_count, completeness_pct, avg_temp, avg_humidity, completeness_band
       from site_daily_summary('a0000000-0000-4000-8000-000000000010', 30, '2026-02-11 16:00Z') $$,
    $$ values ('2026-02-09'::date, 4, 1, 0, 25.00, 5.0000, 0.0000, 'poor'), ('2026-02-10', 4, 2, 0, 50.00, 9.1250, 0.0000, 'partial') $$,
    'a site''s summary: one row a session however many payloads, numeric percent');

-- moved in mid-life
update devices set site_id = 'a0000000-0000-4000-8000-000000000011' where name = 'cam-1';
select pg_temp.wake('2026-02-12 23:00Z', 'tokyo.jpg');
select pg_temp.roll('2026-02-13Z');
select is(pg_temp.trend('cam-1', '2026-02-13 02:00Z'),
    '2026-02-09: 1 of 2, 5.00 (5..5) 50.00%; 2026-02-10: 2 of 2, 9.13 (-3.25..21.5) 100.00%; 2026-02-13: 1 of 2, 21.50 (21.5..21.5) 50.00%',
    'after a move the past stays, and new days are dates of the new site');
select is((select string_agg(session_date || ' ' || completed_wake_count, ', ') from site_daily_summary('a0000000-0000-4000-8000-000000000010', 30, '2026-02-13 02:00Z')),
    '2026-02-09 1, 2026-02-10 2', 'the old site keeps its history');

-- DST days and zones
update devices set site_id = 'a0000000-0000-4000-8000-000000000010', wake_schedule_cron = '0 * * * *' where name = 'cam-1';
update devices set is_active = false where name = 'cam-2';
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', d::timestamptz + interval '6 h') from unnest(array['2026-03-08', '2026-11-01']::date[]) as d;
select pg_temp.meta('2026-03-09 03:30Z', null, '{"captured_at": "2026-03-09T03:00:00Z", "capture_key": "2026-03-09T03:00:00Z", "temperature": 8}');
select pg_temp.meta('2026-11-01 06:00:30Z', null, '{"captured_at": "2026-11-01T06:00:00Z", "capture_key": "2026-11-01T06:00:00Z", "temperature": 1}');
select pg_temp.meta('2026-11-01 05:00:30Z', null, '{"captured_at": "2026-11-01T05:00:00Z", "capture_key": "2026-11-01T05:00:00Z", "temperature": 2}');
select pg_temp.roll('2026-11-01 07:00Z');
select results_eq(
    $$ select r.rollup_date, cardinality(r.slot_at), r.expected_wake_count, r.completed_wake_count, (r.temperature).value_sum, r.slot_at[cardinality(r.slot_at)] - r.slot_at[1]
       from site_day_rollups as r where r.rollup_date in ('2026-03-08', '2026-11-01') order by 1 $$,
    $$ values ('2026-03-08'::date, 23, 23, 1, 8::numeric, interval '22 h'), ('2026-11-01', 25, 25, 2, 3, interval '24 h') $$,
    '23 and 25 dots; both of the repeated hour''s wakes are of that date');
select is((select string_agg(date || ' ' || avg_temp, ', ') from device_trend('a0000000-0000-4000-8000-0000000000c1', 1, '2026-03-09 03:59Z')), '2026-03-08 8.0000',
    'today is the site''s date, not that of UTC');

-- nothing expected
update devices set wake_schedule_cron = null where name = 'cam-1';
select pg_temp.meta('2026-12-01 15:00Z', null, '{"temperature": null}');
select pg_temp.roll('2026-12-01 15:00Z');
select results_eq(
    $$ select expected_wake_count, extra_wake_count, completeness_pct, completeness_band, avg_temp from site_daily_summary('a0000000-0000-4000-8000-000000000010', 1, '2026-12-01 16:00Z') $$,
    $$ values (0, 1, null::numeric, null::text, null::numeric) $$, 'nothing expected: no percent, no band; nothing measured: no average');
select is((select completeness_pct from device_trend('a0000000-0000-4000-8000-0000000000c1', 1, '2026-12-01 16:00Z')), null, 'nor for the device');

-- telemetry that comes with the second message of a capture
select pg_temp.meta('2026-12-01 16:30Z', null, '{"temperature": 7, "captured_at": "2026-12-01T15:00:00Z", "capture_key": "2026-12-01T15:00:00Z"}');
select pg_temp.roll('2026-12-01 16:31Z');
select is((select avg_temp from device_trend('a0000000-0000-4000-8000-0000000000c1', 1, '2026-12-01 17:00Z')), 7.0000, 'values that arrive later are counted');

-- programs, company
insert into pilot_programs (company_id, program_id, program_name, program_type, start_date) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000003', 'Control', 'control', '2020-01-01');
update sites set program_id = 'a0000000-0000-4000-8000-000000000003' where name = 'Tokyo';
insert into devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c9', 'A4CF12D0E3AA', 'tokyo', 'camera', 'a0000000-0000-4000-8000-000000000011', '0 9 * * *');
select pg_temp.meta('2026-12-02 00:00Z', null, '{"temperature": 30}', 'A4CF12D0E3AA');
select pg_temp.roll('2026-12-02 00:00:05Z');
select results_eq(
    $$ select program_name, program_type, total_sessions, avg_completed_wakes, avg_temperature, completeness_pct from program_comparison(30, '2026-12-02 03:00Z') order by program_type $$,
    $$ select * from (values ('Control', 'control', 1::bigint, 1.0000, 30.0000, 100.00),
        ('Alpha study', (select program_type from pilot_programs where program_name = 'Alpha study'), 1, 0.0000, 7.0000, null)) as v (a, b, c, d, e, f) order by 2 $$,
    'programs: sessions, not payloads, are counted; the session keeps the program it was made in');
select is((select string_agg(date || ' ' || session_count || ' ' || avg_temp, ', ') from company_trend(2, '2026-12-02 03:00Z')), '2026-12-01 1 7.0000, 2026-12-02 1 30.0000',
    'the company is the sum of its programs, each in its own dates');
select is((select string_agg(date || ' ' || avg_temp, ', ') from program_trend('a0000000-0000-4000-8000-000000000003', 1, '2026-12-02 03:00Z')), '2026-12-02 30.0000', 'a program by date');

-- incremental equals rebuilt; a forgotten mark is found and mends itself
create temporary table before as select to_jsonb(r) - 'updated_at' as r from site_day_rollups as r union all select to_jsonb(r) - 'updated_at' from device_day_rollups as r
union all select to_jsonb(r) - 'updated_at' from program_day_rollups as r;
select is((private.verify_rollups('2026-12-02 04:00Z') ->> 'wrong')::int, 0, 'the nightly compare agrees');
delete from program_day_rollups;
delete from site_day_rollups;
delete from device_day_rollups;
select is(private.rebuild_rollups('a0000000-0000-4000-8000-000000000001', '2026-01-01', '2026-12-02')
    + private.rebuild_rollups('a0000000-0000-4000-8000-000000000001', '2026-12-02', '2027-01-01'), (select count(*)::int from site_device_sessions), 'rebuilt by half-open ranges of dates');
select set_eq(
    $$ select to_jsonb(r) - 'updated_at' as r from site_day_rollups as r union all select to_jsonb(r) - 'updated_at' from device_day_rollups as r
       union all select to_jsonb(r) - 'updated_at' from program_day_rollups as r $$, $$ select r from before $$, 'what was kept by the wake equals what is made from payloads');
update device_wake_payloads set temperature = 99 where captured_at = '2026-02-10 13:00Z';
update program_day_rollups set session_count = 5 where rollup_date = '2026-11-01';
select is((private.verify_rollups('2026-12-02 04:00Z') ->> 'wrong')::int, 2, 'a change that nobody marked is found');
select is((select ok from private.job_runs where job = 'verify_rollups' order by job_run_id desc limit 1), false, 'loudly');
select is(private.due_rollups('2026-12-02 04:01Z'), 2, 'it is queued');
select is((private.verify_rollups('2026-12-02 04:00Z') ->> 'wrong')::int, 0, 'and so mends itself');
update device_wake_payloads set temperature = 98 where captured_at = '2026-02-10 13:00Z';
select private.recount_session(company_id, site_device_session_id) from device_wake_payloads where temperature = 98;
select is((private.verify_rollups('2026-12-02 04:00Z') ->> 'wrong')::int, 0, 'a queued day is behind, not wrong');
select isnt_empty($$ select from (select private.run_due('2026-12-02 05:00Z') ->> 'due_rollups' as n) as x where n = '1' $$, 'run_due empties the queue');

-- one broken day stops no other
update device_wake_payloads set temperature = 97 where captured_at = '2026-02-10 13:00Z';
select private.mark_rollups(array_agg(company_id), array_agg(session_id)) from site_device_sessions where session_date in ('2026-02-10', '2026-12-01');
set local session_replication_role = replica;
update site_session_devices as sd set wake_schedule_cron = 'nonsense' from site_device_sessions as s
where s.session_id = sd.session_id and s.session_date = '2026-11-01' and sd.expected_wake_count > 0;
set local session_replication_role = origin;
select private.mark_rollups(array_agg(company_id), array_agg(session_id)) from site_device_sessions where session_date = '2026-11-01';
select is(private.due_rollups('2026-12-02 06:00Z'), 2, 'the others are counted');
select is((select counts ->> 'session_id' from private.job_runs where job = 'due_rollups' and not ok), (select session_id::text from site_device_sessions where session_date = '2026-11-01'),
    'the broken one is named');
select is((select (temperature).value_max from site_day_rollups where rollup_date = '2026-02-10'), 97::double precision, 'and nothing else waits');

select throws_like($$ select device_trend('a0000000-0000-4000-8000-0000000000ff') $$, 'not_found%', 'no such device');
select throws_like($$ select site_daily_summary(null) $$, 'not_found%', 'no such site');
select throws_like($$ select company_trend(0) $$, 'bad_input%', 'at least a day');
select throws_like($$ select program_comparison(100000) $$, 'limit_too_large%', 'not for ever');
select * from finish();
rollback;
