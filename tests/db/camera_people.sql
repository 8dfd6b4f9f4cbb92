-- What people do with cameras: pending devices, mapping, moving, schedules, extra wakes; and what they see live.
begin;
\ir camera_world.psql
select no_plan();
insert into auth.users (id, email) values
('a0000000-0000-4000-8000-0000000000f1', 'viewer@alpha.test'), ('a0000000-0000-4000-8000-0000000000f2', 'member@alpha.test'),
('a0000000-0000-4000-8000-0000000000f3', 'admin@alpha.test'), ('b0000000-0000-4000-8000-0000000000f3', 'admin@beta.test'),
('a0000000-0000-4000-8000-0000000000f9', 'super@alpha.test');
insert into users (user_id, company_id, email, role, is_super_admin) values
('a0000000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', 'viewer@alpha.test', 'viewer', false),
('a0000000-0000-4000-8000-0000000000f2', 'a0000000-0000-4000-8000-000000000001', 'member@alpha.test', 'member', false),
('a0000000-0000-4000-8000-0000000000f3', 'a0000000-0000-4000-8000-000000000001', 'admin@alpha.test', 'admin', false),
('b0000000-0000-4000-8000-0000000000f3', 'b0000000-0000-4000-8000-000000000001', 'admin@beta.test', 'admin', false),
('a0000000-0000-4000-8000-0000000000f9', 'a0000000-0000-4000-8000-000000000001', 'super@alpha.test', 'viewer', true);
create function pg_temp.act_as(p_who text) returns void language sql as $$
    select set_config('request.jwt.claims', coalesce((select jsonb_build_object('sub', u.user_id, 'role', 'authenticated')::text from public.users as u where u.email = p_who), ''), true);
$$;

-- pending devices
select pg_temp.hello('2026-02-10 10:00Z', '{"topic_id": "11:22:33:44:55:66", "battery_voltage": 4.1, "enrolment": true}', '112233445566');
select pg_temp.act_as('admin@alpha.test');
select is_empty('select list_pending_devices()', 'an admin does not see pending devices of nobody');
select throws_like($$ select map_device('112233445566', 'a0000000-0000-4000-8000-000000000010', 'x') $$, 'role_required%', 'and maps none');
select pg_temp.act_as('');
select throws_like('select list_pending_devices()', 'not_signed_in%', 'nor does nobody');
select pg_temp.act_as('super@alpha.test');
select results_eq('select device_mac, battery_voltage, seen_on_enrolment_at is not null from list_pending_devices()', $$ values ('112233445566', 4.1::float8, true) $$, 'a super admin does');

-- mapping in mid-day
select fn_midnight_session_opener('b0000000-0000-4000-8000-000000000010', '2026-02-10 00:00Z');
select is(pg_temp.day('Beta site', '2026-02-10'), 'in_progress expected 0 completed 0 failed 0 pending 0 extra 0', 'a day opened without devices expects nothing');
create temporary table mapped as
select map_device('11-22-33-44-55-66', 'b0000000-0000-4000-8000-000000000010', 'Bed 9', '0 8,12,16 * * *', '2026-02-10 10:05Z') as r;
select results_eq($$ select r ->> 'company_id', r ->> 'mqtt_user', length(r ->> 'mqtt_password') > 20 from mapped $$,
    $$ values ('b0000000-0000-4000-8000-000000000001', '112233445566', true) $$, 'the site decides the company; the password is told once');
select is(r -> 'mqtt_password', 'null'::jsonb, 'and only once')
from map_device('112233445566', 'b0000000-0000-4000-8000-000000000010', 'Bed 9', '0 8,12,16 * * *', '2026-02-10 10:06Z') as r;
select is(pg_temp.day('Beta site', '2026-02-10'), 'in_progress expected 2 completed 0 failed 0 pending 0 extra 0', 'the remaining slots of the day are expected');
select is((select config_changed_flag from site_device_sessions where site_id = 'b0000000-0000-4000-8000-000000000010'), true, 'and the change is flagged');
select is((select next_wake_at from devices where name = 'Bed 9'), '2026-02-10 11:00Z', 'its next wake is planned, in Berlin''s zone');
select is_empty('select * from list_pending_devices()', 'it is no longer pending');
select pg_temp.wake('2026-02-10 07:00:00Z', 'before.jpg', '112233445566');
select pg_temp.wake('2026-02-10 11:00:00Z', 'noon.jpg', '112233445566');
select is(pg_temp.day('Beta site', '2026-02-10'), 'in_progress expected 2 completed 1 failed 0 pending 0 extra 1', 'a capture from before the mapping is extra');
select throws_like($$ select map_device('no mac', 'b0000000-0000-4000-8000-000000000010', 'x') $$, 'invalid_mac%', 'a MAC is 12 hex digits');
select throws_like($$ select map_device('112233445577', private.new_id(), 'x') $$, 'not_found%', 'a site is known');
select throws_like($$ select map_device('112233445577', 'b0000000-0000-4000-8000-000000000010', 'x', 'daily') $$, 'invalid_cron%', 'a schedule is valid');
select throws_like($$ select map_device('A4CF12D0E39E', 'b0000000-0000-4000-8000-000000000010', 'x') $$, 'wrong_kind%', 'a rig is no camera');

-- moving to another company
create temporary table moved as
select map_device('11:22:33:44:55:66', 'a0000000-0000-4000-8000-000000000012', 'Moved', '0 20 * * *', '2026-02-10 12:00Z') as r;
select isnt(m.r ->> 'device_id', o.r ->> 'device_id', 'a MAC that moves to another company is a new device') from moved as m, mapped as o;
select results_eq(
    $$ select company_id, is_active, archived_at is not null from devices where device_mac = '112233445566' order by created_at, is_active $$,
    $$ values ('b0000000-0000-4000-8000-000000000001'::uuid, false, true), ('a0000000-0000-4000-8000-000000000001', true, false) $$, 'the old one is archived');
select is(pg_temp.day('Beta site', '2026-02-10'), 'in_progress expected 1 completed 1 failed 0 pending 0 extra 1', 'its remaining slots are no longer expected');
select is((select count(*) from device_images where company_id = 'b0000000-0000-4000-8000-000000000001'), 2::bigint, 'its history stays with its company');
select pg_temp.wake('2026-02-10 20:00:00Z', 'moved.jpg', '112233445566');
select is(pg_temp.day('Greenwich', '2026-02-10'), 'in_progress expected 1 completed 1 failed 0 pending 0 extra 0', 'its wakes count in the new one');

-- leaving a site
select pg_temp.act_as('member@alpha.test');
select throws_like($$ select unmap_device('a0000000-0000-4000-8000-0000000000c2') $$, 'role_required%', 'a member does not unmap');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-10 05:00Z');
select pg_temp.act_as('admin@beta.test');
select throws_like($$ select unmap_device('a0000000-0000-4000-8000-0000000000c2') $$, 'not_found%', 'another company''s device is not there');
select pg_temp.act_as('admin@alpha.test');
select unmap_device('a0000000-0000-4000-8000-0000000000c2', '2026-02-10 18:00Z');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 3 completed 0 failed 0 pending 0 extra 0', 'an unmapped camera''s remaining slots are not expected');

-- schedule changes
select pg_temp.act_as('viewer@alpha.test');
select throws_like($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c1', '0 9 * * *') $$, 'role_required%', 'a viewer changes no schedule');
select pg_temp.act_as('member@alpha.test');
select request_schedule_change('a0000000-0000-4000-8000-0000000000c1', '0 10 * * *', null, '2026-02-10 18:00Z');
select is(request_schedule_change('a0000000-0000-4000-8000-0000000000c1', '0 9,15 * * *', null, '2026-02-10 19:00Z') - 'change_id',
    '{"effective_date": "2026-02-11", "in_text": "at midnight, in 10 hours", "effective_at": "2026-02-11T05:00:00+00:00", "message": "This change will take effect at midnight (10 hours from now)"}',
    'the answer says when it takes effect');
select is((select count(*) from device_schedule_changes where superseded_at is null), 1::bigint, 'a later request replaces an earlier one');
select throws_like($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c1', '0 9 * * *', '2026-02-10', '2026-02-10 19:00Z') $$, 'bad_input%', 'not for a day that has begun');
select throws_like($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c1', '0 25 * * *') $$, 'invalid_cron%', 'not a bad schedule');
select throws_like($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c4', '0 9 * * *') $$, 'wrong_kind%', 'not for a rig');
select pg_temp.wake('2026-02-10 21:00:00Z', 'told.jpg');
select is((select next_wake_at from devices where name = 'cam-1'), '2026-02-11 14:00Z', 'the camera is told the new schedule''s first slot');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-11 05:00Z');
select is((select wake_schedule_cron from devices where name = 'cam-1'), '0 9,15 * * *', 'it is in force from midnight');

-- one extra wake
select is(wake_once('a0000000-0000-4000-8000-0000000000c1', null, '2026-02-11 06:00Z') ->> 'next_contact_at', '2026-02-11T14:00:00+00:00', 'an extra wake takes effect at the next contact');
select pg_temp.wake('2026-02-11 14:00:00Z', 'w1.jpg');
select is((select next_wake_at from devices where name = 'cam-1'), '2026-02-11 14:02Z', 'there it is sent and stored');
select is((select status from device_commands where command = 'next_wake'), 'published', 'once');
select pg_temp.wake('2026-02-11 14:02:00Z', 'w2.jpg');
select is((select status from device_commands where command = 'next_wake'), 'done', 'the wake itself shows that it was obeyed');
select is((select next_wake_at from devices where name = 'cam-1'), '2026-02-11 20:00Z', 'and the camera returns to its grid');
select is(pg_temp.day('New York', '2026-02-11'), 'in_progress expected 2 completed 1 failed 0 pending 0 extra 1', 'it counts as extra');

-- what is seen live
delete from realtime.messages;
select pg_temp.hello('2026-02-12 14:00:00Z');
select pg_temp.meta('2026-02-12 14:00:01Z', 'live.jpg');
create temporary table before_chunks as select count(*) from realtime.messages;
select pg_temp.chunks('2026-02-12 14:00:02Z', 'live.jpg', '{0,1}');
select is((select count(*) from realtime.messages), (select count from before_chunks), 'chunks push nothing');
select pg_temp.chunks('2026-02-12 14:00:02Z', 'live.jpg', '{2}');
select pg_temp.store('2026-02-12 14:00:05Z');
select is_empty($$ select topic from realtime.messages where topic <> 'company:a0000000-0000-4000-8000-000000000001' or not private $$, 'everything goes to the company''s private topic');
select results_eq(
    $$ select event, payload ->> 'table', bool_and(payload -> 'truncated' = 'false' and (payload ->> 'n')::int = jsonb_array_length(payload -> 'rows'))
       from realtime.messages where event in ('device_update', 'session_update', 'wake_update') group by 1, 2 order by 1 $$,
    $$ values ('device_update', 'devices', true), ('session_update', 'site_device_sessions', true), ('wake_update', 'device_wake_payloads', true) $$,
    'devices, days and wakes');
select is(
    (select payload -> 'rows' -> 0 from realtime.messages where event = 'wake_update' order by seq desc limit 1),
    (select jsonb_build_object('payload_id', payload_id, 'device_id', device_id, 'session_id', site_device_session_id, 'image_id', image_id,
        'payload_status', 'complete', 'image_status', 'complete') from device_wake_payloads where captured_at = '2026-02-12 14:00:01Z'),
    'a wake is its ids and states');
delete from realtime.messages;
update devices set updated_at = updated_at where false;
select is((select count(*) from realtime.messages), 0::bigint, 'a statement without rows pushes nothing');
select private.raise_alert('a0000000-0000-4000-8000-000000000001', 'device_offline', s, 'a0000000-0000-4000-8000-0000000000c1', 'x', '{}', '2026-02-12Z')
from unnest(array['warning', 'critical', 'error']) as s;
select results_eq($$ select occurrence_count, severity from device_alerts where alert_type = 'device_offline' $$, $$ values (3, 'critical') $$, 'one open alert: counted, and as bad as its worst');
select is((select count(*) from realtime.messages where event = 'alert'), 3::bigint, 'alerts are pushed');

-- nobody calls the handlers
set local role authenticated;
select throws_ok($$ select fn_midnight_session_opener_all() $$, '42501', null, 'the opener is the edge''s');
select throws_ok($$ select fn_wake_ingestion_handler(private.new_id(), now(), 'x', '{}') $$, '42501', null, 'so is the ingest');
select throws_ok($$ select private.ingest_hellos('[]') $$, '42501', null, 'and what is private');
reset role;
select * from finish();
rollback;
