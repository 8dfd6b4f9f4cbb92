-- Bulk import: a dry run, one result a row, one bad row harms none, the MACs are the company's; accounts afterwards.
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
insert into sites (company_id, program_id, name, timezone)
select company_id, program_id, 'Twice', 'UTC' from pilot_programs, generate_series(1, 2) where program_name = 'Alpha study';
insert into devices (company_id, device_mac, name, kind, archived_at) values ('a0000000-0000-4000-8000-000000000001', '0000000000AA', 'old', 'camera', '2026-01-01');
insert into devices (company_id, device_mac, name, kind) values ('b0000000-0000-4000-8000-000000000001', '0000000000BB', 'foreign', 'camera');
select fn_midnight_session_opener('a0000000-0000-4000-8000-000000000010', '2026-02-10 05:00Z');
create temporary table given as select $$[
    {"device_mac": "00:00:00:00:00:01", "name": "one", "site": "New York", "wake_schedule_cron": "0 8,12,16 * * *"},
    {"device_mac": "000000000002", "name": "two", "site": "a0000000-0000-4000-8000-000000000011", "wake_schedule_cron": "0 */4 * * *"},
    {"device_mac": "000000000003", "name": "three"},
    {"device_mac": "000000000004", "name": "rig four", "kind": "rig", "site": "Greenwich"},
    {"device_mac": "a4cf12d0e39b", "name": "cam-1"}, {"device_mac": "0000000000AA", "name": "old"},
    {"device_mac": "nonsense", "name": "x"}, {"device_mac": "00-00-00-00-00-01", "name": "again"}, {"device_mac": "0000000000BB", "name": "x"},
    {"device_mac": "000000000005", "name": " "}, {"device_mac": "000000000006", "name": "x", "kind": "toaster"},
    {"device_mac": "000000000007", "name": "x", "site": "Nowhere"}, {"device_mac": "000000000008", "name": "x", "site": "Twice"},
    {"device_mac": "000000000009", "name": "x", "wake_schedule_cron": "@daily"}, {"device_mac": "00000000000A", "name": "x", "kind": "rig", "wake_schedule_cron": "0 8 * * *"},
    {"device_mac": "A4CF12D0E39E", "name": "x"}, {"device_mac": "00000000000B", "name": "x", "site": "Beta site"}, 7
]$$::jsonb as rows;

select pg_temp.act_as('member@alpha.test');
select throws_like('select import_devices((select rows from given))', 'role_required%', 'a member imports nothing');
select pg_temp.act_as('admin@alpha.test');
select throws_like($$ select import_devices('{}') $$, 'bad_input%', 'rows are an array');
select throws_like($$ select import_devices((select jsonb_agg(i) from generate_series(1, 10001) as i)) $$, 'limit_too_large%', 'of at most 10,000');
select is(import_devices('[]') - 'rows', '{"dry_run": false, "created": 0, "exists": 0, "errors": 0}', 'no rows are no error');

create temporary table dry as select import_devices(rows, true, '2026-02-10 14:00Z') as r from given;
select is(r - 'rows', '{"dry_run": true, "created": 4, "exists": 2, "errors": 12}', 'a dry run says what would be') from dry;
select is((select count(*) from devices where name in ('one', 'two', 'three', 'rig four')) + (select count(*) from private.device_directory where device_mac like '00000000000%'), 0::bigint, 'and changes nothing');
create temporary table done as select import_devices(rows, false, '2026-02-10 14:00Z') as r from given;
select is(d.r - 'dry_run' - 'rows', y.r - 'dry_run' - 'rows', 'the import does the same') from done as d, dry as y;
select results_eq(
    $$ select (i ->> 'row')::int, i ->> 'status', i ->> 'code', split_part(i ->> 'message', ':', 1) from done, jsonb_array_elements(r -> 'rows') as i order by 1 $$,
    $$ values (1, 'created', null, null), (2, 'created', null, null), (3, 'created', null, null), (4, 'created', null, null), (5, 'exists', null, null),
       (6, 'exists', null, 'archived'), (7, 'error', 'L0201', 'invalid_mac'), (8, 'error', 'L0501', 'bad_input'), (9, 'error', 'L0202', 'device_known'),
       (10, 'error', 'L0501', 'bad_input'), (11, 'error', 'L0501', 'bad_input'), (12, 'error', 'L0003', 'not_found'), (13, 'error', 'L0501', 'bad_input'),
       (14, 'error', 'L0101', 'invalid_cron'), (15, 'error', 'L0501', 'bad_input'), (16, 'error', 'L0206', 'wrong_kind'),
       (17, 'error', 'L0003', 'not_found'), (18, 'error', 'L0501', 'bad_input') $$, 'each row has its result');
select is((select count(*) from done, jsonb_array_elements(r -> 'rows') as i join devices as d on d.device_id::text = i ->> 'device_id'), 6::bigint, 'with the device''s id where there is one');
select results_eq($$ select name, kind, next_wake_at from devices where name in ('one', 'two', 'three', 'rig four') order by device_mac $$,
    $$ values ('one', 'camera', '2026-02-10 17:00Z'::timestamptz), ('two', 'camera', '2026-02-10 15:00Z'), ('three', 'camera', null), ('rig four', 'rig', null) $$, 'the devices are there, their wakes planned');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 6 completed 0 failed 0 pending 0 extra 0', 'the remaining slots of the day are expected');
select is(pg_temp.day('Tokyo', '2026-02-10'), 'in_progress expected 0 completed 0 failed 0 pending 0 extra 0', 'a day that was not open is opened: none is left of it');
select is(import_devices(rows) - 'rows', '{"dry_run": false, "created": 0, "exists": 6, "errors": 12}', 'again it creates nothing') from given;
select is((select count(*) from audit_log where action = 'import_devices'), 3::bigint, 'imports are in the audit log');

-- the MACs are the company's
select pg_temp.wake('2026-02-10 17:00Z', 'a.jpg', '000000000001');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 6 completed 1 failed 0 pending 0 extra 0', 'an imported camera delivers');
select is_empty('select * from list_pending_devices()', 'nobody has to map it');
select lives_ok($$ select map_device('000000000003', 'a0000000-0000-4000-8000-000000000012', 'three', '0 8 * * *') $$, 'the admin maps one that was imported without a site');
select pg_temp.act_as('admin@beta.test');
select is(import_devices('[{"device_mac": "000000000001", "name": "mine"}]') #>> '{rows,0,code}', 'L0202', 'another company cannot have it');
select throws_like($$ select create_camera_accounts(array(select device_id from devices where name = 'one')) $$, 'not_found%', 'nor its account');

-- accounts
select pg_temp.act_as('admin@alpha.test');
create temporary table accounts as select create_camera_accounts(array(select device_id from devices where name in ('one', 'two'))) as r;
select results_eq($$ select i ->> 'mqtt_user', private.verify_hash(i ->> 'mqtt_password', c.password_hash) from accounts, jsonb_array_elements(r) as i join private.credentials as c on c.username = i ->> 'mqtt_user' order by 1 $$,
    $$ values ('000000000001', true), ('000000000002', true) $$, 'cameras get accounts of their own');
select throws_like($$ select create_camera_accounts(array(select device_id from devices where name = 'rig four')) $$, 'not_found%', 'rigs do not');
select throws_like($$ select create_camera_accounts(array(select private.new_id() from generate_series(1, 101))) $$, 'limit_too_large%', 'a hundred at a time');
select is(rotate_fleet_account() ->> 'mqtt_user', 'fleet-a0000000-0000-4000-8000-000000000001', 'or one for all');
select ok((select acl from private.broker_files()) ~ 'user fleet-a0000000[^\n]*\n([^\n]+\n)*[^\n]*ESP32CAM/000000000003/', 'which may speak for imported cameras');
select pg_temp.act_as('member@alpha.test');
select throws_like('select rotate_fleet_account()', 'role_required%', 'not for members');
select * from finish();
rollback;
