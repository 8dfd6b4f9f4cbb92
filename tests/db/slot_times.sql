-- A slot is its time: whatever renumbers the slots of a day, a wake has the slot it came in, once.
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
create function pg_temp.wakes() returns text language sql as $$
    select string_agg(format('%s %s', to_char(p.captured_at at time zone 'America/New_York', 'HH24:MI'),
        case when p.overage_flag then 'extra' else to_char(p.slot_at at time zone 'America/New_York', 'HH24:MI') end), ', ' order by p.captured_at)
    from device_wake_payloads as p join devices as d on d.company_id = p.company_id and d.device_id = p.device_id where d.name = 'cam-1';
$$;
create function pg_temp.adds_up() returns text language sql as $$
    select string_agg(s.session_date || ' ' || (explain_session(s.session_id) ->> 'adds_up'), ', ') from site_device_sessions as s
    where explain_session(s.session_id) ->> 'adds_up' is distinct from 'true';
$$;
select fn_midnight_session_opener_all('2026-02-10 05:00:10Z');
select pg_temp.meta('2026-02-10 13:00Z', 'a.jpg');
select is(pg_temp.wakes(), '08:00 08:00', 'the first slot of 8 and 16');
-- out and in again at noon with another schedule: its first slot is 18:00, which is number one as 8:00 was
select pg_temp.act_as('admin@alpha.test');
select unmap_device('a0000000-0000-4000-8000-0000000000c1', '2026-02-10 17:00Z');
select map_device('A4CF12D0E39B', 'a0000000-0000-4000-8000-000000000010', 'cam-1', '0 18,20 * * *', '2026-02-10 17:01Z');
select pg_temp.meta('2026-02-10 23:00Z', 'b.jpg');
select pg_temp.meta('2026-02-11 01:00Z', 'c.jpg');
select is(pg_temp.wakes(), '08:00 08:00, 18:00 18:00, 20:00 20:00', 'slots with the same number are not the same slot');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 5 completed 0 failed 0 pending 3 extra 0', 'all are counted');
select pg_temp.meta('2026-02-11 01:05Z', 'd.jpg');
select is(pg_temp.wakes(), '08:00 08:00, 18:00 18:00, 20:00 20:00, 20:05 extra', 'a second wake in a slot is still one too many');
select is(pg_temp.adds_up(), null, 'every counter is explained');
select throws_ok($$ update device_wake_payloads set slot_at = '2026-02-10 23:00Z' where captured_at = '2026-02-11 01:00Z' $$, '23505', null, 'the index decides by time');

-- A site that moves to another zone: its day keeps the bounds it was opened with, and is locked by them.
select fn_end_of_day_locker_all('2026-02-11 05:00Z');
select fn_midnight_session_opener_all('2026-02-11 05:00:10Z');
update sites set timezone = 'America/Los_Angeles' where name = 'New York';
select is(fn_end_of_day_locker('a0000000-0000-4000-8000-000000000010', '2026-02-12 04:59:59Z') ->> 'locked', '0', 'not a second before its own end');
select is(fn_end_of_day_locker('a0000000-0000-4000-8000-000000000010', '2026-02-12 05:00Z') ->> 'locked', '1', 'not three hours later, at the new zone''s midnight');
select is((select timezone from site_device_sessions where session_date = '2026-02-11' and site_id = 'a0000000-0000-4000-8000-000000000010'), 'America/New_York', 'it remembers its zone');
-- what comes late belongs to the day that was, in its zone: 18:00 in New York is 15:00 in Los Angeles
select pg_temp.meta('2026-02-12 12:00Z', 'late.jpg', '{"captured_at": "2026-02-11T23:00:00Z", "capture_key": "2026-02-11T23:00:00Z"}');
select is(pg_temp.day('New York', '2026-02-11'), 'locked expected 4 completed 0 failed 0 pending 1 extra 0', 'late data finds its slot by the zone of its day');
select fn_midnight_session_opener_all('2026-02-12 08:00:10Z');
select is((select starts_at from site_device_sessions where session_date = '2026-02-12' and site_id = 'a0000000-0000-4000-8000-000000000010'), '2026-02-12 08:00Z', 'the next day is the new zone''s');
select is(pg_temp.adds_up(), null, 'and all of it adds up');
select * from finish();
rollback;
