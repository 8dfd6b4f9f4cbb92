-- The pages of devices: filters, keys, states; and one device with what came of it.
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
update devices set mapped_at = '2026-02-01 05:00Z', created_at = '2026-02-01 05:00Z';
insert into devices (company_id, device_mac, name, kind, site_id, archived_at) values
('a0000000-0000-4000-8000-000000000001', 'A4CF12D0E300', 'old', 'camera', null, '2026-01-01'),
('b0000000-0000-4000-8000-000000000001', 'TEST-BETA', 'beta', 'camera', null, null);
create function pg_temp.names(p_page jsonb) returns text language sql as $$
    select string_agg(format('%s %s', d ->> 'name', d ->> 'state'), ', ' order by o) from jsonb_array_elements(p_page -> 'devices') with ordinality as e (d, o);
$$;
create function pg_temp.keys(p jsonb) returns text language sql as $$ select string_agg(k, ' ' order by k) from jsonb_object_keys(p) as k $$;
-- New York: 8:00 and 16:00 are 13:00Z and 21:00Z. cam-1 wakes, cam-2 is never heard.
select fn_midnight_session_opener_all('2026-02-10 05:00:10Z');
select pg_temp.hello('2026-02-10 12:59Z', '{"battery_voltage": 3.7, "wifi_rssi": -61, "firmware_version": "3.5.0", "raw": {"status": "alive"}}');
select pg_temp.wake('2026-02-10 13:00Z', 'a.jpg');
select private.due_rollups('2026-02-10 13:00:20Z');

select throws_ok($$ select devices_page() $$, 'L0001', null, 'nobody is signed in');
select pg_temp.act_as('viewer@alpha.test');
set local role authenticated;
select is(pg_temp.names(devices_page(p_now => '2026-02-10 14:00Z')), 'cam-1 asleep, cam-2 silent, no site unscheduled, rig offline', 'by name, of this company, without the archived');
select is(devices_page(p_now => '2026-02-10 14:00Z') -> 'next', 'null', 'and nothing after it');
select is(
    (select (d -> 'today') - 'session_id' || jsonb_build_object('site', d ->> 'site_name', 'v', d -> 'battery_voltage', 'fw', d ->> 'firmware_version')
     from jsonb_array_elements(devices_page(p_search => 'CAM-1', p_now => '2026-02-10 14:00Z') -> 'devices') as d),
    '{"session_date": "2026-02-10", "expected": 2, "received": 1, "completed": 1, "failed": 0, "pending": 0, "extra": 0, "site": "New York", "v": 3.7, "fw": "3.5.0"}',
    'today 1 of 2, site, battery, version');
select is((devices_page(p_now => '2026-02-11 14:00Z') -> 'devices' -> 0) -> 'today', 'null', 'no session yet today: null');

-- the key
select is(pg_temp.names(devices_page(2, p_now => '2026-02-10 14:00Z')), 'cam-1 asleep, cam-2 silent', 'a page of two');
select is((devices_page(2, p_now => '2026-02-10 14:00Z') -> 'next') ->> 'p_after_name', 'cam-2', 'says where it goes on');
select is(pg_temp.names(devices_page(2, n ->> 'p_after_name', (n ->> 'p_after_device_id')::uuid, p_now => '2026-02-10 14:00Z')), 'no site unscheduled, rig offline', 'and there it does')
from (select devices_page(2, p_now => '2026-02-10 14:00Z') -> 'next' as n) as k;
select is(devices_page(4, p_now => '2026-02-10 14:00Z') -> 'next', 'null', 'a full last page has no next');

-- filters
select is(pg_temp.names(devices_page(p_states => '{silent,offline}', p_now => '2026-02-10 14:00Z')), 'cam-2 silent, rig offline', 'by state');
select is(pg_temp.names(devices_page(1, p_states => '{silent,offline}', p_now => '2026-02-10 14:00Z')), 'cam-2 silent', 'a page of them');
select is((devices_page(1, p_states => '{silent,offline}', p_now => '2026-02-10 14:00Z') -> 'next') ->> 'p_after_name', 'cam-2', 'with its key');
select is(pg_temp.names(devices_page(1, 'cam-2', 'a0000000-0000-4000-8000-0000000000c2', p_states => '{silent,offline}', p_now => '2026-02-10 14:00Z')), 'rig offline', 'and the rest');
select is(pg_temp.names(devices_page(p_states => '{running}', p_now => '2026-02-10 14:00Z')), null, 'none in that state');
select is(pg_temp.names(devices_page(p_kind => 'rig', p_now => '2026-02-10 14:00Z')), 'rig offline', 'by kind');
select is(pg_temp.names(devices_page(p_site_id => 'a0000000-0000-4000-8000-000000000011', p_now => '2026-02-10 14:00Z')), null, 'by site');
select is(pg_temp.names(devices_page(p_program_id => 'a0000000-0000-4000-8000-000000000002', p_now => '2026-02-10 14:00Z')), 'cam-1 asleep, cam-2 silent, rig offline', 'by program');
select is(pg_temp.names(devices_page(p_search => 'a4:cf:12:d0:e3:9c', p_now => '2026-02-10 14:00Z')), 'cam-2 silent', 'by MAC in any spelling');
select is(pg_temp.names(devices_page(p_search => '100%', p_now => '2026-02-10 14:00Z')), null, 'a percent sign is a percent sign');
select is(pg_temp.names(devices_page(p_search => ' - ', p_now => '2026-02-10 14:00Z')), 'cam-1 asleep, cam-2 silent', 'a dash is looked for in names only');
select is(pg_temp.names(devices_page(p_battery_below_v => 3.8, p_now => '2026-02-10 14:00Z')), 'cam-1 asleep', 'by battery; unknown is not low');
select is(pg_temp.names(devices_page(p_version => '3.5.0', p_now => '2026-02-10 14:00Z')), 'cam-1 asleep', 'by version');
select is(pg_temp.names(devices_page(p_archived => true, p_now => '2026-02-10 14:00Z')), 'old archived', 'the archived ones');
select is(pg_temp.names(devices_page(p_states => '{archived}', p_now => '2026-02-10 14:00Z')), 'old archived', 'also by state');
select throws_ok($$ select devices_page(0) $$, 'L0501', null, 'a limit of nothing');
select throws_ok($$ select devices_page(201) $$, 'L0502', null, 'a limit above the maximum');
select throws_ok($$ select devices_page(p_after_name => 'a') $$, 'L0501', null, 'half a key');
select throws_ok($$ select devices_page(p_states => '{asleep,drunk}') $$, 'L0501', null, 'a state that does not exist');
select throws_ok($$ select devices_page(p_kind => 'boat') $$, 'L0501', null, 'a kind that does not exist');
select is((devices_page(p_search => 'cam-2', p_now => '2026-02-10 14:00Z') -> 'devices' -> 0) - '{device_id,site_id,program_id}'::text[],
    (device_page('a0000000-0000-4000-8000-0000000000c2', '2026-02-10 14:00Z') -> 'device') -
    '{device_id,site_id,program_id,hardware_version,backlog_strategy,is_active,boot_id,mapped_at,created_at}'::text[], 'the page of one says the same as the list');

-- one device
reset role;
select pg_temp.meta('2026-02-10 21:00Z', 'b.jpg');
select pg_temp.chunks('2026-02-10 21:00:01Z', 'b.jpg', '{0,2}');
select private.due_rollups('2026-02-10 21:00:02Z');
select pg_temp.act_as('member@alpha.test');
set local role authenticated;
select lives_ok($$ select request_schedule_change('a0000000-0000-4000-8000-0000000000c1', '0 * * * *', null, '2026-02-10 19:00Z') $$, 'a change is queued');
select lives_ok($$ select wake_once('a0000000-0000-4000-8000-0000000000c1', null, '2026-02-10 19:00Z') $$, 'and an extra wake');
create temporary view page as select device_page('a0000000-0000-4000-8000-0000000000c1', '2026-02-10 21:01Z') as p;
select is((select pg_temp.keys(p) from page), 'alerts as_of commands days device last_contact last_image last_run logs schedule transfers wakes', 'what the page holds');
select is((select p -> 'last_image' ->> 'image_name' from page), 'a.jpg', 'the last whole image');
select results_eq($$ select t ->> 'image_name', t ->> 'state', t ->> 'total_chunk_count', t ->> 'received_chunk_count', t -> 'have' from page, jsonb_array_elements(p -> 'transfers') as t $$,
    $$ values ('b.jpg', 'open', '3', '2', '[[0, 0], [2, 2]]'::jsonb) $$, 'the one on its way, with its chunks');
select results_eq($$ select c ->> 'new_wake_schedule_cron', c ->> 'effective_date', c ->> 'in_text' from page, jsonb_array_elements(p -> 'schedule' -> 'pending_changes') as c $$,
    $$ values ('0 * * * *', '2026-02-11', 'in 8 hours') $$, 'the change that waits for midnight');
select is((select (p -> 'schedule' -> 'next_slots' ->> 0)::timestamptz from page), '2026-02-11 13:00Z'::timestamptz, 'the next slot of the present schedule');
select results_eq($$ select d ->> 'date', d ->> 'expected', d ->> 'received', d ->> 'battery_avg_v', d ->> 'rssi_avg_dbm' from page, jsonb_array_elements(p -> 'days') as d $$,
    $$ values ('2026-02-10', '2', '2', '3.700', '-61.0') $$, 'the strip of days with battery and signal');
select results_eq($$ select w ->> 'payload_status', w ->> 'wake_window_index' from page, jsonb_array_elements(p -> 'wakes') as w $$, $$ values ('pending', '2'), ('complete', '1') $$, 'wakes, newest first');
select is((select p -> 'commands' -> 0 ->> 'command' from page), 'next_wake', 'commands');
select is((select p -> 'last_contact' ->> 'topic_prefix' from page), 'ESP32CAM', 'the newest contact');
select is((select device_page('a0000000-0000-4000-8000-0000000000c4', '2026-02-10 21:01Z') -> 'schedule' -> 'next_slots'), '[]', 'a rig has no slots');
select is((select device_page('a0000000-0000-4000-8000-0000000000c3', '2026-02-10 21:01Z') -> 'device' ->> 'state'), 'unscheduled', 'nor has a camera without a site');
reset role;
select pg_temp.act_as('admin@beta.test');
set local role authenticated;
select throws_ok($$ select device_page('a0000000-0000-4000-8000-0000000000c1') $$, 'L0003', null, 'another company sees nothing of it');
select is(pg_temp.names(devices_page(p_now => '2026-02-10 14:00Z')), 'beta unscheduled', 'only its own');
reset role;

-- The view's page is cut before states are computed: 2 of 3,000, and a rare state in batches.
insert into devices (company_id, device_mac, name, kind)
select 'a0000000-0000-4000-8000-000000000001', 'TEST-' || n, 'many ' || to_char(n, 'FM00000'), 'camera' from generate_series(1, 3000) as n;
analyze devices;
select pg_temp.act_as('viewer@alpha.test');
set local role authenticated;
create temporary table plan (line text);
do $$
declare
    v_line text;
begin
    for v_line in explain (analyze, costs off, timing off, summary off) select * from device_states order by name, device_id limit 2 loop
        insert into plan values (v_line);
    end loop;
end $$;
select is_empty($$ select line from plan where line ~ 'Function Scan on states_of_devices' and line !~ 'rows=1 loops=[12]\)' $$, 'states of the page only');
select isnt_empty($$ select line from plan where line ~ 'devices_name_idx' $$, 'the page comes from the index of names');
select is(pg_temp.names(devices_page(10, p_states => '{offline}')), 'rig offline', 'a rare state is found among thousands');
select is(jsonb_array_length(devices_page(200, 'many 02900', (select device_id from devices where name = 'many 02900'), p_states => '{unscheduled}') -> 'devices'), 101, 'batches follow each other by key');
reset role;
select * from finish();
rollback;
