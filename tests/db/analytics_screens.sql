-- What one call delivers: today, a site's day, and the explanation of every counter.
begin;
\ir camera_world.psql
select no_plan();
create function pg_temp.dots(p_site text, p_now timestamptz) returns text language sql as $$
    select string_agg(format('%s %s', to_char((d ->> 'slot_at')::timestamptz at time zone s.timezone, 'HH24:MI'), d ->> 'state'), ', ' order by d ->> 'slot_at')
    from sites as s, jsonb_array_elements(today(20, null, null, p_now) -> 'sites') as t, jsonb_array_elements(t -> 'strip') as d
    where s.name = p_site and t ->> 'site_id' = s.site_id::text;
$$;
create function pg_temp.site(p_site text, p_now timestamptz) returns text language sql as $$
    select format('%s of %s so far %s missing %s extra %s', t ->> 'received', t ->> 'expected', t ->> 'expected_so_far', t ->> 'missing_now', t ->> 'extra')
    from sites as s, jsonb_array_elements(today(20, null, null, p_now) -> 'sites') as t where s.name = p_site and t ->> 'site_id' = s.site_id::text;
$$;
create function pg_temp.adds_up() returns text language sql as $$
    select string_agg(s.session_date || ' ' || (explain_session(s.session_id) ->> 'adds_up'), ', ') from site_device_sessions as s
    where explain_session(s.session_id) ->> 'adds_up' is distinct from 'true';
$$;
update devices set wake_schedule_cron = '0 8,10 * * *' where name = 'cam-2';
insert into devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c8', 'A4CF12D0E3AB', 'utc', 'camera', 'a0000000-0000-4000-8000-000000000012', '0 */6 * * *');
select fn_midnight_session_opener_all('2026-02-10 05:00:10Z');
select private.due_rollups('2026-02-10 05:00:11Z');
select is(pg_temp.site('New York', '2026-02-10 12:00Z'), '0 of 4 so far 0 missing 0 extra 0', 'before the first slot nothing is missing');
select is(pg_temp.dots('New York', '2026-02-10 12:00Z'), '08:00 upcoming, 10:00 upcoming, 16:00 upcoming', 'a dot an instant');

-- 08:00: one comes, one does not; a second wake of the first is extra
select pg_temp.wake('2026-02-10 13:00Z', 'a.jpg');
select pg_temp.meta('2026-02-10 13:20Z', null, '{}');
select private.due_rollups('2026-02-10 13:20:01Z');
select is(pg_temp.site('New York', '2026-02-10 13:30Z'), '1 of 4 so far 0 missing 0 extra 1', 'within its tolerance a slot is not missing');
select is(pg_temp.dots('New York', '2026-02-10 13:30Z'), '08:00 due, 10:00 upcoming, 16:00 upcoming', 'but due');
select is(pg_temp.site('New York', '2026-02-10 14:00Z'), '1 of 4 so far 2 missing 1 extra 1', 'at its end it is missing, although nothing happened');
select is(pg_temp.dots('New York', '2026-02-10 14:00Z'), '08:00 missing, 10:00 upcoming, 16:00 upcoming', 'and the dot shows it');

-- 16:00: a picture that is on its way, then fails, then comes
select pg_temp.meta('2026-02-10 21:01Z', 'b.jpg');
select private.due_rollups('2026-02-10 21:01:01Z');
select is(pg_temp.dots('New York', '2026-02-10 21:02Z'), '08:00 missing, 10:00 missing, 16:00 pending', 'pending');
select fn_image_failure_handler(image_id, 'timeout', 'gone', '2026-02-10 21:03Z') from device_images where image_name = 'b.jpg';
select private.due_rollups('2026-02-10 21:03:01Z');
select is(pg_temp.dots('New York', '2026-02-10 21:04Z'), '08:00 missing, 10:00 missing, 16:00 failed', 'failed');
select is(pg_temp.adds_up(), null, 'every counter is explained while things are on their way');
select is((select e #>> '{failed,payloads,0,reason}' from site_device_sessions as s, explain_session(s.session_id) as e where s.failed_wake_count = 1),
    'slot 2: its image failed (timeout)', 'why it counts as failed');
select pg_temp.wake('2026-02-10 15:00:30Z', 'c.jpg', 'A4CF12D0E39C');
select private.due_rollups('2026-02-10 21:05Z');

-- worst first, totals of all, pages
select is((select string_agg(s.name || ' ' || (t ->> 'missing_now'), ', ' order by n) from jsonb_array_elements(today(20, null, null, '2026-02-10 21:05Z') -> 'sites') with ordinality as x (t, n)
    join sites as s on s.site_id = (t ->> 'site_id')::uuid), 'Greenwich 4, New York 1', 'worst sites first');
select is(today(20, null, null, '2026-02-10 21:05Z') -> 'totals',
    '{"sites": 2, "expected": 8, "expected_so_far": 7, "received": 3, "missing_now": 5, "completed": 2, "failed": 1, "extra": 1}', 'totals');
select is((select (p1 -> 'totals' = p2 -> 'totals')::text || ' ' || (p1 #>> '{sites,0,name}') || ' ' || (p2 #>> '{sites,0,name}') || ' ' || coalesce(p2 ->> 'next', 'end')
    from today(1, null, null, '2026-02-10 21:05Z') as p1,
    lateral today(1, (p1 #>> '{next,p_after_missing}')::int, (p1 #>> '{next,p_after_site_id}')::uuid, '2026-02-10 21:05Z') as p2),
    'true Greenwich New York {"p_after_missing": 1, "p_after_site_id": "a0000000-0000-4000-8000-000000000010"}', 'the next page begins after the pair');
select is((select jsonb_array_length(today(1, 1, 'a0000000-0000-4000-8000-000000000010', '2026-02-10 21:05Z') -> 'sites')), 0, 'the last page is empty');
update devices set next_wake_at = '2026-02-10 18:00Z', last_seen_at = '2026-02-10 12:00Z', mapped_at = '2026-02-01' where name = 'utc';
select results_eq($$ select t #>> '{late_devices,count}', (t #>> '{late_devices,longest,0,name}') || ' ' || (t #>> '{late_devices,longest,0,state}'), t #>> '{open_alerts,count}', t #>> '{open_alerts,newest,0,alert_type}'
    from today(20, null, null, '2026-02-10 21:05Z') as t $$, $$ values ('1', 'utc late', '1', 'image_transmission_failed') $$, 'late devices and open alerts');
insert into experiments (company_id, experiment_id, name, python_code) values ('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000e1', 'Stroop', 'pass');
insert into experiment_deployments (company_id, experiment_id, device_id, status, experiment_version, python_code, script_sha256) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000e1', 'a0000000-0000-4000-8000-0000000000c4', 'running', 1, 'pass', repeat('0', 64));
select is((select t #>> '{running,0,experiment_name}' || ' on ' || (t #>> '{running,0,device_name}') from today(20, null, null, '2026-02-10 21:05Z') as t), 'Stroop on rig', 'runs');

-- the site's day
create temporary table site_day_now as select site_day('a0000000-0000-4000-8000-000000000010', null, '2026-02-10 21:05Z') as d;
select results_eq(
    $$ select x ->> 'name', (x ->> 'expected')::int, (x ->> 'expected_so_far')::int, (x ->> 'received')::int, (x ->> 'completed')::int, (x ->> 'failed')::int, (x ->> 'extra')::int, (x ->> 'missed')::int,
        (select string_agg(s ->> 'state', ' ' order by s ->> 'slot_at') from jsonb_array_elements(x -> 'slots') as s)
       from site_day_now, jsonb_array_elements(d -> 'devices') as x order by 1 $$,
    $$ values ('cam-1', 2, 1, 2, 1, 1, 1, 0, 'complete failed'), ('cam-2', 2, 2, 1, 1, 0, 0, 1, 'missing complete') $$, 'each device: expected, received, completed, failed, extra, missed, slots');
select results_eq(
    $$ select d ->> 'date', d ->> 'hours', (d ->> 'is_dst_day')::boolean, d #>> '{session,status}', jsonb_array_length(d -> 'payloads'), jsonb_array_length(d -> 'images'), d ->> 'completeness_band' from site_day_now $$,
    $$ values ('2026-02-10', '24.00', false, 'in_progress', 4, 3, 'partial') $$, 'the day, its session, payloads, images');
select is((select string_agg(i ->> 'image_name', ' ' order by n) from site_day_now, jsonb_array_elements(d -> 'images') with ordinality as x (i, n)), 'a.jpg c.jpg b.jpg', 'images in slot order');
delete from petri_observations where image_id in (select image_id from device_images where image_name = 'c.jpg');
delete from device_wake_payloads where image_id in (select image_id from device_images where image_name = 'c.jpg');
select is((select count(*) from jsonb_array_elements(site_day('a0000000-0000-4000-8000-000000000010', '2026-02-10', '2026-02-10 21:05Z') -> 'images')), 3::bigint, 'an image without a payload is listed');
select private.recount_session(company_id, session_id) from site_device_sessions;
select results_eq($$ select d ->> 'hours', (d ->> 'is_dst_day')::boolean, d -> 'session', d -> 'devices', d ->> 'completeness_pct' from site_day('a0000000-0000-4000-8000-000000000010', '2026-03-08', '2026-03-01Z') as d $$,
    $$ values ('23.00', true, 'null'::jsonb, '[]'::jsonb, null::text) $$, 'a day without a session: its hours, nothing expected');

-- explained to the end: mid-day mapping, a device taken out, slots removed after their wake, extras of both kinds
select pg_temp.meta('2026-02-10 23:30Z', null, '{}');
update devices set wake_schedule_cron = '0 */2 * * *' where name = 'no site';
select private.set_session_devices(company_id, session_id, array['a0000000-0000-4000-8000-0000000000c3']::uuid[], true, '2026-02-10 22:30Z')
from site_device_sessions where session_date = '2026-02-10' and site_id = 'a0000000-0000-4000-8000-000000000010';
select private.set_session_devices(company_id, session_id, array['a0000000-0000-4000-8000-0000000000c1']::uuid[], false, '2026-02-10 20:59Z')
from site_device_sessions where session_date = '2026-02-10' and site_id = 'a0000000-0000-4000-8000-000000000010';
select is(pg_temp.adds_up(), null, 'all counters add up');
create temporary table explained as select explain_session(session_id) as e from site_device_sessions where session_date = '2026-02-10' and site_id = 'a0000000-0000-4000-8000-000000000010';
select results_eq(
    $$ select e #>> '{expected,count}', e #>> '{received,count}', e #>> '{missing,count}', jsonb_array_length(e #> '{missing,slots}'), jsonb_array_length(e #> '{missing,surplus}'),
        jsonb_array_length(e #> '{extra,payloads}'), e #>> '{completeness,band}' from explained $$,
    $$ values ('7', '2', '5', 5, 0, 2, 'poor') $$, 'unanswered slots; a slot that has its wake stays with who leaves');
select set_eq($$ select regexp_replace(p ->> 'reason', '[0-9a-f-]{36}', 'X') from explained, jsonb_array_elements(e #> '{extra,payloads}') as p $$,
    array['slot 1 is taken by payload X: one wake a slot', 'outside the tolerance of every slot that the device was expected in'], 'why each extra is one');
select results_eq($$ select x ->> 'name', x ->> 'expected', jsonb_array_length(x -> 'slots'), x ->> 'added_mid_day' from explained, jsonb_array_elements(e #> '{expected,devices}') as x $$,
    $$ values ('cam-1', '2', 2, 'false'), ('cam-2', '2', 2, 'false'), ('no site', '3', 3, 'true') $$, 'expected, device by device');

-- who sees what
select throws_like($$ select explain_session('a0000000-0000-4000-8000-0000000000ff') $$, 'not_found%', 'no such session');
select throws_like($$ select site_day('a0000000-0000-4000-8000-0000000000ff') $$, 'not_found%', 'no such site');
select throws_like($$ select today(201) $$, 'limit_too_large%', 'pages have an end');
select throws_like($$ select today(0) $$, 'bad_input%', 'and a beginning');
insert into auth.users (id, email) values ('b0000000-0000-4000-8000-0000000000a1', 'an@beta.example') on conflict do nothing;
insert into users (user_id, company_id, email, role) select 'b0000000-0000-4000-8000-0000000000a1', 'b0000000-0000-4000-8000-000000000001', 'an@beta.example', 'admin'
where not exists (select from users where user_id = 'b0000000-0000-4000-8000-0000000000a1');
select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-0000000000a1", "role": "authenticated"}', true);
set local role authenticated;
select is(today(20, null, null, '2026-02-10 21:05Z') - 'as_of',
    '{"totals": {"sites": 0, "expected": 0, "expected_so_far": 0, "received": 0, "missing_now": 0, "completed": 0, "failed": 0, "extra": 0}, "sites": [], "next": null,
      "open_alerts": {"count": 0, "critical": 0, "error": 0, "warning": 0, "newest": []}, "late_devices": {"count": 0, "more": false, "longest": []}, "running": []}', 'another company sees an empty day');
select throws_like($$ select site_day('a0000000-0000-4000-8000-000000000010') $$, 'not_found%', 'not the site');
select throws_like($$ select device_trend('a0000000-0000-4000-8000-0000000000c1') $$, 'not_found%', 'not the device');
select is((select count(*) from company_trend(3000, '2026-12-31Z')) + (select count(*) from program_comparison(3000, '2026-12-31Z')), 0::bigint, 'and none of its sums');
reset role;
select * from finish();
rollback;
