-- Site days where it is easy to be wrong: days of downtime, broken sites, moves within a day, late data after a move, another zone.
begin;
\ir camera_world.psql
select no_plan();
create function pg_temp.share(p_site text, p_date date, p_device text) returns int language sql as $$
    select sd.expected_wake_count from site_session_devices as sd
    join site_device_sessions as s on s.session_id = sd.session_id join sites as t on t.site_id = s.site_id
    join devices as d on d.device_id = sd.device_id
    where t.name = p_site and s.session_date = p_date and d.name = p_device;
$$;

-- five days of downtime
select fn_midnight_session_opener_all('2026-03-05 12:00Z');
select fn_end_of_day_locker_all('2026-03-10 12:00Z');
select fn_midnight_session_opener_all('2026-03-10 12:00Z');
select results_eq(
    $$ select session_date, status, expected_wake_count, ends_at - starts_at from site_device_sessions where site_id = 'a0000000-0000-4000-8000-000000000010' order by 1 $$,
    $$ values ('2026-03-05'::date, 'locked', 4, interval '24 h'), ('2026-03-06', 'locked', 4, '24 h'), ('2026-03-07', 'locked', 4, '24 h'),
              ('2026-03-08', 'locked', 4, '23 h'), ('2026-03-09', 'locked', 4, '24 h'), ('2026-03-10', 'in_progress', 4, '24 h') $$,
    'after five days of downtime each missed day is there, locked, with what was expected of it');
select is((select occurrence_count from device_alerts where alert_type = 'low_completeness' and site_id = 'a0000000-0000-4000-8000-000000000010'), 1,
    'and yesterday alone has told that nothing came');
select is(fn_midnight_session_opener_all('2026-03-10 12:01Z') ->> 'reason', 'nothing_due', 'a repeat does nothing');
select pg_temp.meta('2026-03-10 13:00Z', 'late8.jpg', '{"captured_at": "2026-03-08T12:01:00Z", "capture_key": "2026-03-08T12:01:00Z"}');
select is(pg_temp.day('New York', '2026-03-08'), 'locked expected 4 completed 0 failed 0 pending 1 extra 0', 'what comes late finds its day');

-- a broken site and the locker
alter table site_device_sessions add constraint broken check (site_id <> 'a0000000-0000-4000-8000-000000000010' or status <> 'locked') not valid;
insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)
values ('a0000000-0000-4000-8000-000000000001', 'TEST-TOKYO', 'tokyo', 'camera', 'a0000000-0000-4000-8000-000000000011', '0 12 * * *');
select fn_midnight_session_opener_all('2026-03-10 12:02Z');
create temporary table broken as select fn_end_of_day_locker_all('2026-03-11 12:00Z') as r;
select is(r - 'results', '{"success_count": 1, "error_count": 1, "locked": 1, "total_alerts_created": 1}', 'one broken site stops no other') from broken;
select is((select status from site_device_sessions where site_id = 'a0000000-0000-4000-8000-000000000011' and session_date = '2026-03-10'), 'locked',
    'the other one is locked');
select results_eq(
    $$ select ok, counts ->> 'errors', error is not null from private.job_runs where job = 'day_locker' order by job_run_id desc limit 1 $$,
    $$ values (false, '1', true) $$, 'the run is a failed one, with its error');
alter table site_device_sessions drop constraint broken;
select is((fn_end_of_day_locker_all('2026-03-11 12:01Z') ->> 'locked')::int, 1, 'mended, it is locked in the next minute');

-- moves within a day (New York, slots at 8 and 16: 12:00Z and 20:00Z)
select fn_midnight_session_opener_all('2026-03-11 12:01Z');
select pg_temp.wake('2026-03-11 12:02Z', 'eight.jpg');
select private.place_camera('A4CF12D0E39B', 'a0000000-0000-4000-8000-000000000012', 'cam-1', '0 */6 * * *', '2026-03-11 14:00Z');
select is(pg_temp.share('New York', '2026-03-11', 'cam-1'), 1, 'who leaves at ten is no longer expected at sixteen');
select is(pg_temp.share('Greenwich', '2026-03-11', 'cam-1'), 1, 'and is expected at the new site at eighteen');
select private.place_camera('A4CF12D0E39B', 'a0000000-0000-4000-8000-000000000010', 'cam-1', '0 8,16,20 * * *', '2026-03-11 18:00Z');
select is(pg_temp.share('New York', '2026-03-11', 'cam-1'), 3, 'who comes back keeps the morning and gains what is left of the day');
select is(pg_temp.share('Greenwich', '2026-03-11', 'cam-1'), 0, 'a slot of the minute of leaving is not expected');
select ok((select config_changed_flag from site_device_sessions where site_id = 'a0000000-0000-4000-8000-000000000010' and session_date = '2026-03-11'), 'the day says so');
select pg_temp.wake('2026-03-11 20:01Z', 'sixteen.jpg');
select is(pg_temp.day('New York', '2026-03-11'), 'in_progress expected 5 completed 2 failed 0 pending 0 extra 0', 'both wakes are the planned ones');
select pg_temp.wake('2026-03-11 23:58Z', 'early20.jpg');
select private.place_camera('A4CF12D0E39B', 'a0000000-0000-4000-8000-000000000012', 'cam-1', '0 */6 * * *', '2026-03-11 23:59Z');
select is(pg_temp.day('New York', '2026-03-11'), 'in_progress expected 5 completed 3 failed 0 pending 0 extra 0', 'a slot that has its wake stays expected');

-- late data after the move
select pg_temp.meta('2026-03-12 12:00Z', 'queued.jpg', '{"captured_at": "2026-03-10T20:01:00Z", "capture_key": "2026-03-10T20:01:00Z"}');
select is((select t.name from device_images as i join sites as t on t.site_id = i.site_id where i.image_name = 'queued.jpg'), 'New York',
    'what was captured before the move belongs to the site of its capture');
select is(pg_temp.day('New York', '2026-03-10'), 'locked expected 4 completed 0 failed 0 pending 1 extra 0', 'and to its locked day');
select fn_retry_by_id_handler('a0000000-0000-4000-8000-0000000000c1', 'queued.jpg', 'x.jpg', '2026-03-12 12:01Z');
select is(fn_retry_by_id_handler('a0000000-0000-4000-8000-0000000000c1', 'queued.jpg', null, '2026-03-12 12:02Z') ->> 'is_complete', 'true',
    'a retry of a complete image by its name alone is answered');
insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron)
values ('a0000000-0000-4000-8000-000000000001', 'TEST-LATER', 'later', 'camera', 'a0000000-0000-4000-8000-000000000010', '0 8 * * *');
select pg_temp.meta('2026-03-12 12:03Z', 'stranger.jpg', '{"captured_at": "2026-03-10T12:01:00Z", "capture_key": "2026-03-10T12:01:00Z"}', 'TEST-LATER');
select is(pg_temp.day('New York', '2026-03-10'), 'locked expected 4 completed 1 failed 0 pending 0 extra 1',
    'a camera of which a locked day expected nothing counts there as extra: never above 100 %');

-- another zone for a site
select fn_end_of_day_locker_all('2026-03-12 12:05Z');
select fn_midnight_session_opener_all('2026-03-12 12:05Z');
update sites set timezone = 'Asia/Tokyo' where name = 'New York';
select fn_end_of_day_locker_all(t), fn_midnight_session_opener_all(t) from generate_series('2026-03-12 12:06Z'::timestamptz, '2026-03-15 12:00Z', '1 hour') as t;
select results_eq(
    $$ select session_date, timezone, status, count(*) from site_device_sessions where site_id = 'a0000000-0000-4000-8000-000000000010'
       and session_date >= '2026-03-12' group by 1, 2, 3 order by 1 $$,
    $$ values ('2026-03-12'::date, 'America/New_York', 'locked', 1::bigint), ('2026-03-13', 'Asia/Tokyo', 'locked', 1),
              ('2026-03-14', 'Asia/Tokyo', 'locked', 1), ('2026-03-15', 'Asia/Tokyo', 'in_progress', 1) $$,
    'another zone: the running day keeps its bounds, each later date is opened once in the new one');
select is(fn_verify_session_counters('2026-03-15 12:00Z') ->> 'wrong', '0', 'and every counter is a recount');
select * from finish();
rollback;
