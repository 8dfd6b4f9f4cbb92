-- The state of a device in a word, from the schedule: asleep, due, late, silent; unscheduled, archived; offline, online, running.
begin;
\ir camera_world.psql
select no_plan();
create function pg_temp.state(p_name text, p_now timestamptz) returns text language sql as $$
    select concat_ws(' ', n.state, n.missed_wake_count)
    from public.devices as d
    cross join lateral private.states_of_devices(d.company_id, array[d.device_id], p_now) as n
    where d.name = p_name;
$$;
update devices set mapped_at = '2026-02-01 05:00Z', created_at = '2026-02-01 05:00Z';
-- New York, 8:00 and 16:00 are 13:00Z and 21:00Z; the tolerance is an hour.
select pg_temp.wake('2026-02-10 12:58Z', 'a.jpg');
select results_eq(
    $$ select at::text, pg_temp.state('cam-1', at) from unnest('{2026-02-10 13:30Z, 2026-02-10 20:59Z, 2026-02-10 21:00Z, 2026-02-10 21:59Z,
       2026-02-10 22:00Z, 2026-02-11 13:30Z, 2026-02-11 14:00Z, 2026-02-12 00:00Z}'::timestamptz[]) as at $$,
    $$ select at::timestamptz::text, state from (values ('2026-02-10 13:30Z', 'asleep 0'), ('2026-02-10 20:59Z', 'asleep 0'), ('2026-02-10 21:00Z', 'due 0'),
       ('2026-02-10 21:59Z', 'due 0'), ('2026-02-10 22:00Z', 'late 1'), ('2026-02-11 13:30Z', 'late 1'), ('2026-02-11 14:00Z', 'silent 2'),
       ('2026-02-12 00:00Z', 'silent 3')) as v (at, state) $$,
    'a camera that woke two minutes early sleeps until the next slot, is due, late, and silent after two');
select results_eq($$ select slot_at, late_at from private.states_of_devices('a0000000-0000-4000-8000-000000000001', '{a0000000-0000-4000-8000-0000000000c1}', '2026-02-10 22:30Z') $$,
    $$ values ('2026-02-10 21:00Z'::timestamptz, '2026-02-10 22:00Z'::timestamptz) $$, 'with the slot, and when it was late');
select pg_temp.hello('2026-02-12 02:00Z');
select is(pg_temp.state('cam-1', '2026-02-12 02:01Z'), 'asleep 0', 'a word is enough: it is heard');

-- dense schedules: the tolerance is half the gap
update devices set wake_schedule_cron = '*/15 * * * *', last_seen_at = '2026-02-10 10:01Z' where name = 'cam-2';
select results_eq(
    $$ select pg_temp.state('cam-2', at) from unnest('{2026-02-10 10:14Z, 2026-02-10 10:20Z, 2026-02-10 10:22:30Z, 2026-02-10 10:37:30Z, 2026-02-10 11:00Z}'::timestamptz[]) as at $$,
    $$ values ('asleep 0'), ('due 0'), ('late 1'), ('silent 2'), ('silent 3') $$, 'every 15 minutes: late after 7.5');
select is(pg_temp.state('cam-2', '2026-02-20 10:30Z'), 'silent ' || 7 * 96, 'counted at most 7 days back');
-- never heard, and sparse
update devices set wake_schedule_cron = '0 8 1 * *', last_seen_at = null where name = 'cam-2';
select results_eq($$ select pg_temp.state('cam-2', at) from unnest('{2026-02-02Z, 2026-03-01 13:10Z, 2026-04-02Z}'::timestamptz[]) as at $$,
    $$ values ('late 1'), ('late 1'), ('silent 3') $$, 'a camera that was never heard counts from its mapping; once a month');
update devices set mapped_at = '2026-02-01 13:00:01Z' where name = 'cam-2';
select is(pg_temp.state('cam-2', '2026-02-02Z'), 'asleep 0', 'a slot before the mapping was never expected');

-- nothing expected
update devices set wake_schedule_cron = null where name = 'cam-2';
select is(pg_temp.state('cam-2', '2026-02-20Z'), 'unscheduled', 'no schedule');
select is(pg_temp.state('no site', '2026-02-20Z'), 'unscheduled', 'no site');
update devices set is_active = false where name = 'cam-1';
select is(pg_temp.state('cam-1', '2026-02-20Z'), 'unscheduled', 'not active');
update devices set is_active = true where name = 'cam-1';
update pilot_programs set end_date = '2026-02-11' where program_name = 'Alpha study';
select is(pg_temp.state('cam-1', '2026-02-20Z'), 'unscheduled', 'the program is over');
select is(pg_temp.state('cam-1', '2026-02-12 02:00Z'), 'asleep 0', 'but not on its last local day');
update pilot_programs set end_date = null where program_name = 'Alpha study';
update devices set archived_at = now() where name = 'cam-1';
select is(pg_temp.state('cam-1', '2026-02-20Z'), 'archived', 'archived');
update devices set archived_at = null where name = 'cam-1';

-- a schedule that changed while the camera was away: the days before count with theirs
update devices set last_seen_at = '2026-02-14 13:00Z' where name = 'cam-1';
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-14 05:00Z');
insert into device_schedule_changes (company_id, device_id, new_wake_schedule_cron, requested_at, effective_date) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c1', '*/15 * * * *', '2026-02-14 14:00Z', '2026-02-15');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-15 05:00Z');
select is(pg_temp.state('cam-1', '2026-02-15 05:00Z'), 'late 1', 'at midnight only the old schedule''s slot is missed');
select is(pg_temp.state('cam-1', '2026-02-15 05:10Z'), 'silent 2', 'then the new one counts');

-- rigs
update devices set last_seen_at = '2026-02-10 10:00Z' where name = 'rig';
select results_eq($$ select pg_temp.state('rig', at) from unnest('{2026-02-10 10:04Z, 2026-02-10 10:05Z}'::timestamptz[]) as at $$, $$ values ('online'), ('offline') $$, 'a rig is online for 5 minutes');

-- what people see
update devices set last_seen_at = now(), mapped_at = now() - interval '1 hour', wake_schedule_cron = '0 0 1 1 *' where name = 'cam-1';
\ir fixtures/people.psql
insert into devices (company_id, device_mac, name, kind) values ('b0000000-0000-4000-8000-000000000001', 'TEST-BETA', 'beta', 'camera');
select pg_temp.act_as('viewer@alpha.test');
set local role authenticated;
select results_eq('select name, state from device_states order by name',
    $$ values ('cam-1', 'asleep'), ('cam-2', 'unscheduled'), ('no site', 'unscheduled'), ('rig', 'offline') $$, 'the view shows the company''s devices');
select results_eq('select d.name, d.state from devices as d order by d.name', 'select name, state from device_states order by name', 'the computed column says the same');
reset role;
select * from finish();
rollback;
