-- A device's life: pending, mapped, active, moved, archived, back again. History keeps the ids of its time. (Lessons 22, 23, 34, 80, 81.)
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
create function pg_temp.camera(p_mac text) returns text language sql as $$
    select concat_ws(' ', c.name, s.name, d.name, case when d.archived_at is not null then 'archived' end)
    from private.device_directory as y
    left join public.companies as c on c.company_id = y.company_id
    left join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
    left join public.sites as s on s.company_id = d.company_id and s.site_id = d.site_id
    where y.device_mac = p_mac;
$$;
select fn_midnight_session_opener(site_id, '2026-02-10 05:00Z') from sites where name <> 'Tokyo';

-- pending to active
select pg_temp.hello('2026-02-10 10:00Z', '{"topic_id": "11-22-33-44-55-66"}', '112233445566');
select pg_temp.hello('2026-02-10 10:01Z', '{"topic_id": "11:22:33:44:55:66"}', '112233445566');
select results_eq('select device_mac, last_seen_at from private.device_directory where device_id is null', $$ values ('112233445566', '2026-02-10 10:01Z'::timestamptz) $$, 'two spellings are one pending device');
select pg_temp.act_as('super@alpha.test');
select map_device('112233445566', 'a0000000-0000-4000-8000-000000000010', 'Bed 9', '0 8,12,16 * * *', '2026-02-10 14:00Z');
select is(pg_temp.camera('112233445566'), 'Alpha New York Bed 9', 'mapped');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 6 completed 0 failed 0 pending 0 extra 0', 'two of its three slots are left');
select pg_temp.wake('2026-02-10 17:00Z', 'noon.jpg', '112233445566');

-- mapping again at its site: the name changes, the schedule waits for midnight
create temporary table again as select map_device('112233445566', 'a0000000-0000-4000-8000-000000000010', 'Bed nine', '0 9 * * *', '2026-02-10 18:00Z') as r;
select is(r -> 'schedule_change' ->> 'effective_at', '2026-02-11T05:00:00+00:00', 'another schedule for the same site is queued') from again;
select is((select wake_schedule_cron || name from devices where device_mac = '112233445566'), '0 8,12,16 * * *Bed nine', 'only the name changes now');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 6 completed 1 failed 0 pending 0 extra 0', 'nor does the running day');

-- moving within the company
select pg_temp.act_as('member@alpha.test');
create temporary table bed as select device_id as id from devices where device_mac = '112233445566';
select throws_like($$ select move_device((select id from bed), 'a0000000-0000-4000-8000-000000000012') $$, 'role_required%', 'a member moves nothing');
select throws_like($$ select archive_device((select id from bed)) $$, 'role_required%', 'and archives nothing');
select pg_temp.act_as('admin@beta.test');
select throws_like($$ select move_device((select id from bed), 'b0000000-0000-4000-8000-000000000010') $$, 'not_found%', 'nor does another company''s admin');
select throws_like($$ select map_device('112233445566', 'b0000000-0000-4000-8000-000000000010', 'mine') $$, 'role_required%', 'who maps only MACs of the own company');
select pg_temp.act_as('admin@alpha.test');
select throws_like($$ select move_device((select id from bed), 'b0000000-0000-4000-8000-000000000010') $$, 'not_found%', 'an admin moves nothing to another company');
select move_device((select id from bed), 'a0000000-0000-4000-8000-000000000012', '2026-02-10 19:00Z');
select is(pg_temp.camera('112233445566'), 'Alpha Greenwich Bed nine', 'moved');
select results_eq(
    $$ select s.name, d.expected_wake_count, d.config_changed_flag from site_device_sessions as d join sites as s using (company_id, site_id)
       where session_date = '2026-02-10' and s.name in ('New York', 'Greenwich') order by 1 $$,
    $$ values ('Greenwich', 0, true), ('New York', 5, true) $$, 'the remaining slots left the old site, none is left at the new one; both are flagged');
select is((select s.name from device_wake_payloads as p join sites as s using (company_id, site_id) where p.device_id = (select id from bed)), 'New York', 'history keeps the site of its time');
select is((select count(*) from device_schedule_changes where applied_at is null and superseded_at is null), 1::bigint, 'the queued schedule goes with it');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000012', '2026-02-11 00:00Z');
select is((select expected_wake_count from site_device_sessions where session_date = '2026-02-11'), 1, 'and is in force at the new site''s midnight');
select is(move_device((select id from bed), 'a0000000-0000-4000-8000-000000000012', '2026-02-11 01:00Z') -> 'schedule_change', 'null'::jsonb, 'moving to where it is changes nothing');
select is((select expected_wake_count from site_device_sessions where session_date = '2026-02-11'), 1, 'nothing');
select lives_ok($$ select move_device('a0000000-0000-4000-8000-0000000000c4', 'a0000000-0000-4000-8000-000000000012') $$, 'a rig moves too');

-- to another company: super admins
select pg_temp.act_as('super@alpha.test');
select wake_once((select id from bed), null, '2026-02-11 02:00Z');
create temporary table moved as select move_device((select id from bed), 'b0000000-0000-4000-8000-000000000010', '2026-02-11 03:00Z') as r;
select isnt((select (r ->> 'device_id')::uuid from moved), (select id from bed), 'in another company it is a new device');
select is(pg_temp.camera('112233445566'), 'Beta Beta site Bed nine', 'the directory follows');
select ok((select length(r ->> 'mqtt_password') > 20 from moved), 'with an account of its own');
select is((select username from private.credentials where company_id = 'a0000000-0000-4000-8000-000000000001' and revoked_at is null and kind = 'camera'), null, 'the old company has none for it');
select is((select concat_ws(' ', archived_at, is_active, site_id) from devices where device_id = (select id from bed)), '2026-02-11 03:00:00+00 f', 'the old row is archived');
select is((select string_agg(status, ',') from device_commands), 'superseded', 'what was queued for it is not sent to the new one');
select is((select count(*) from device_images where company_id = 'a0000000-0000-4000-8000-000000000001'), 1::bigint, 'the history stays where it was made');

-- archived, and back
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-12 05:00Z');
select pg_temp.act_as('admin@alpha.test');
select private.create_camera_account('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c2', 'A4CF12D0E39C');
select request_schedule_change('a0000000-0000-4000-8000-0000000000c2', '0 9 * * *', null, '2026-02-12 14:00Z');
select private.raise_alert('a0000000-0000-4000-8000-000000000001', 'device_offline', 'warning', 'a0000000-0000-4000-8000-0000000000c2', 'x', '{}', '2026-02-12 14:00Z', p_device_id => 'a0000000-0000-4000-8000-0000000000c2');
create temporary table before_archive as select private.broker_generation() as generation;
select archive_device('a0000000-0000-4000-8000-0000000000c2', '2026-02-12 15:00Z');
select is(archive_device('a0000000-0000-4000-8000-0000000000c2', '2026-02-12 16:00Z') ->> 'archived_at', '2026-02-12T15:00:00+00:00', 'archived, once');
select is(pg_temp.day('New York', '2026-02-12'), 'in_progress expected 3 completed 0 failed 0 pending 0 extra 0', 'its remaining slot is no longer expected');
select ok(private.broker_generation() > generation and (select acl from private.broker_files()) !~ 'A4CF12D0E39C', 'the broker forgets it') from before_archive;
select is((select count(*) from device_schedule_changes where device_id = 'a0000000-0000-4000-8000-0000000000c2' and superseded_at is null), 0::bigint, 'its queued schedule is void');
select is((select status from device_alerts where device_id = 'a0000000-0000-4000-8000-0000000000c2'), 'resolved', 'what was open about it is resolved');
select throws_like($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c2', '0 9 * * *') $$, 'not_found%', 'nothing is asked of it');
select throws_like($$ select wake_once('a0000000-0000-4000-8000-0000000000c2') $$, 'not_found%', 'nothing');
select pg_temp.hello('2026-02-12 17:00Z', '{}', 'A4CF12D0E39C');
select results_eq('select device_mac from list_pending_devices()', $$ values ('A4CF12D0E39C') $$, 'heard again, its company''s admin sees it pending');
select pg_temp.act_as('admin@beta.test');
select is_empty('select * from list_pending_devices()', 'no other does');
select pg_temp.act_as('admin@alpha.test');
select is(r ->> 'device_id', 'a0000000-0000-4000-8000-0000000000c2', 'and puts it back into service: the same device')
from map_device('A4CF12D0E39C', 'a0000000-0000-4000-8000-000000000010', 'cam-2', '0 8,16 * * *', '2026-02-12 18:00Z') as r;
select is((select sd.expected_wake_count from site_session_devices as sd join site_device_sessions as s using (company_id, session_id)
    where sd.device_id = 'a0000000-0000-4000-8000-0000000000c2' and s.session_date = '2026-02-12'), 2, 'with the morning that was expected of it, and the slot that is left');
select results_eq($$ select action, count(*) from audit_log where action ~ 'device' group by 1 order by 1 $$,
    $$ values ('archive_device', 1::bigint), ('map_device', 3), ('move_device', 4) $$, 'all of it is in the audit log');
select is_empty($$ select 1 from audit_log where new_row ? 'mqtt_password' and new_row ->> 'mqtt_password' is not null $$, 'without passwords');
select * from finish();
rollback;
