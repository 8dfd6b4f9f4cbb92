-- Schedule changes: queued, the last one of a day wins, effective at the site's midnight, never lost, applied once, withdrawn; previews are of what is given.
-- (Lessons 5, 54, 55.)
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
create function pg_temp.ask(p_cron text, p_date date, p_now timestamptz) returns jsonb language sql as $$
    select request_schedule_change('a0000000-0000-4000-8000-0000000000c1', p_cron, p_date, p_now);
$$;
create function pg_temp.open(p_now timestamptz) returns text language sql as $$
    select fn_midnight_session_opener_all(p_now);
    select d.wake_schedule_cron from public.devices as d where d.name = 'cam-1';
$$;
select pg_temp.act_as('member@alpha.test');

-- the answer says when, in the site's time
select results_eq(
    $$ select r ->> 'effective_date', r ->> 'effective_at', r ->> 'in_text' from (values
       (pg_temp.ask('0 9 * * *', null, '2026-02-10 19:00Z')), (pg_temp.ask('0 9 * * *', null, '2026-02-11 04:35Z')),
       (pg_temp.ask('0 9 * * *', '2026-02-14', '2026-02-10 19:00Z')), (pg_temp.ask('0 9 * * *', '2026-03-09', '2026-03-08 05:00Z'))) as v (r) $$,
    $$ values ('2026-02-11', '2026-02-11T05:00:00+00:00', 'at midnight, in 10 hours'), ('2026-02-11', '2026-02-11T05:00:00+00:00', 'at midnight, in 25 minutes'),
       ('2026-02-14', '2026-02-14T05:00:00+00:00', 'at midnight on 2026-02-14, in 3 days'), ('2026-03-09', '2026-03-09T04:00:00+00:00', 'at midnight, in 23 hours') $$,
    'the next local midnight, in words; a day of 23 hours is one');
select throws_like($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c3', '0 9 * * *') $$, 'bad_input%', 'a camera without a site has no midnight');
select throws_like($$ select pg_temp.ask('@daily', null, now()) $$, 'invalid_cron%', 'a bad schedule is refused');
select pg_temp.act_as('member@beta.test');
select throws_like($$ select pg_temp.ask('0 9 * * *', null, now()) $$, 'not_found%', 'another company''s camera is not there');
select pg_temp.act_as('member@alpha.test');
delete from device_schedule_changes;

-- the last request of a day wins; each day has its own
select pg_temp.ask('0 1 * * *', null, '2026-02-10 19:00Z');
select pg_temp.ask('0 3 * * *', '2026-02-12', '2026-02-10 19:30Z');
select pg_temp.ask('0 2 * * *', null, '2026-02-10 20:00Z');
select results_eq('select new_wake_schedule_cron, superseded_at from device_schedule_changes order by requested_at',
    $$ values ('0 1 * * *', '2026-02-10 20:00Z'::timestamptz), ('0 3 * * *', null), ('0 2 * * *', null) $$, 'the earlier request for the same day is superseded');
select is(pg_temp.open('2026-02-11 04:59Z'), '0 8,16 * * *', 'not before the site''s midnight');
select is(pg_temp.open('2026-02-11 05:00Z'), '0 2 * * *', 'the last request is applied at midnight');
select is((select config_changed_flag from site_device_sessions where session_date = '2026-02-11' and timezone = 'America/New_York'), true, 'the day is flagged');
update devices set wake_schedule_cron = '0 4 * * *' where name = 'cam-1';
select is(pg_temp.open('2026-02-11 06:00Z'), '0 4 * * *', 'applied once');

-- missed nights are not lost
select is(pg_temp.open('2026-02-15 12:00Z'), '0 3 * * *', 'what was due on a missed night is applied at the next opening');
select is((select applied_at from device_schedule_changes where new_wake_schedule_cron = '0 3 * * *'), '2026-02-15 12:00Z', 'then');
select pg_temp.ask('0 5 * * *', '2026-02-17', '2026-02-15 13:00Z');
select pg_temp.ask('0 6 * * *', '2026-02-18', '2026-02-15 13:00Z');
select is(pg_temp.open('2026-02-19 12:00Z'), '0 6 * * *', 'of several missed days the latest stays');
select is((select count(*) from device_schedule_changes where applied_at is null and superseded_at is null), 0::bigint, 'and nothing is left over');

-- withdrawn
create temporary table asked as select pg_temp.ask('0 7 * * *', null, '2026-02-19 13:00Z') as r;
select pg_temp.act_as('viewer@alpha.test');
select throws_like($$ select cancel_schedule_change((r ->> 'change_id')::uuid) from asked $$, 'role_required%', 'a viewer withdraws nothing');
select pg_temp.act_as('member@beta.test');
select throws_like($$ select cancel_schedule_change((r ->> 'change_id')::uuid) from asked $$, 'not_found%', 'nor another company');
select pg_temp.act_as('member@alpha.test');
select is(cancel_schedule_change((r ->> 'change_id')::uuid, '2026-02-19 14:00Z') - 'change_id', '{"cancelled": true, "applied": false}', 'a queued change can be withdrawn') from asked;
select is(pg_temp.open('2026-02-20 12:00Z'), '0 6 * * *', 'it is not applied');
select is(cancel_schedule_change(change_id) ->> 'applied', 'true', 'an applied one stays') from device_schedule_changes where new_wake_schedule_cron = '0 6 * * *';

-- what is stored is what is sent
select pg_temp.ask('30 9 * * *', null, '2026-02-20 13:00Z');
select pg_temp.sent();
select pg_temp.wake('2026-02-20 20:00Z', 'x.jpg');
select is((select next_wake_at from devices where name = 'cam-1'), '2026-02-21 14:30Z', 'the next wake follows the queued schedule');
select ok('ack {"ACK_OK": {"next_wake_time": "2:30PM"}, "image_name": "x.jpg"}' = any (pg_temp.sent()), 'and is what the camera is told');

-- a preview is a pure function of what is given
select results_eq($$ select preview_schedule('30 9 * * *', 'Asia/Tokyo', 2, '2026-02-20 13:00Z') $$,
    $$ values ('2026-02-21 00:30Z'::timestamptz), ('2026-02-22 00:30Z') $$, 'whatever is saved');
select * from finish();
rollback;
