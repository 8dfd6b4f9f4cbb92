-- Each rule of alerts, both sides of each limit, with p_now: battery, clock, climate, silence, runs, the lock; limits of device, company, default.
begin;
\ir camera_world.psql
select no_plan();
create function pg_temp.open_alerts(p_device text default 'cam-1') returns text language sql as $$
    select coalesce(string_agg(format('%s %s', a.alert_type, a.severity), ', ' order by a.alert_type), '') from device_alerts as a
    join devices as d on d.device_id = a.subject_id where d.name = p_device and a.status <> 'resolved';
$$;
create function pg_temp.limits(p_values jsonb, p_device uuid default null) returns void language sql as $$
    delete from alert_thresholds where device_id is not distinct from p_device;
    insert into alert_thresholds select (jsonb_populate_record(null::alert_thresholds, p_values || jsonb_build_object(
        'company_id', 'a0000000-0000-4000-8000-000000000001', 'threshold_id', private.new_id(), 'device_id', p_device,
        'created_at', '2026-01-01Z', 'updated_at', '2026-01-01Z'))).*;
$$;
-- one telemetry message; answers the open alerts of the camera
create function pg_temp.reading(p_at timestamptz, p_temperature float8, p_humidity float8 default null, p_now timestamptz default null) returns text language plpgsql as $$
begin
    perform pg_temp.meta(coalesce(p_now, p_at), null, jsonb_build_object('captured_at', p_at, 'capture_key', private.capture_key(p_at),
        'temperature', p_temperature, 'humidity', p_humidity));
    return pg_temp.open_alerts();
end $$;

-- low_battery: 3.6 V and 3.4 V, at the wake
select pg_temp.hello('2026-02-10 10:00Z', '{"battery_voltage": 3.6}');
select is(pg_temp.open_alerts(), '', '3.6 V is not low');
select pg_temp.hello('2026-02-10 10:10Z', '{"battery_voltage": 3.59}');
select is(pg_temp.open_alerts(), 'low_battery warning', 'below it is');
select pg_temp.hello('2026-02-10 10:20Z', '{"battery_voltage": 3.4}');
select is(pg_temp.open_alerts(), 'low_battery warning', '3.4 V is not critical');
select pg_temp.hello('2026-02-10 10:30Z', '{"battery_voltage": 3.39}');
select is(pg_temp.open_alerts(), 'low_battery critical', 'below it is');
select pg_temp.hello('2026-02-10 10:40Z', '{"battery_voltage": 3.55}');
select results_eq($$ select severity, occurrence_count, first_seen_at, last_seen_at from device_alerts $$,
    $$ values ('critical', 4, '2026-02-10 10:10Z'::timestamptz, '2026-02-10 10:40Z'::timestamptz) $$, 'lesson 65: one alert, counted, with its worst severity');
select pg_temp.hello('2026-02-10 10:50Z', '{}');
select is(pg_temp.open_alerts(), 'low_battery critical', 'a HELLO without a voltage tells nothing');
select pg_temp.hello('2026-02-10 11:00Z', '{"battery_voltage": 3.6}');
select is(pg_temp.open_alerts(), '', 'it ends when the battery is charged');
select pg_temp.hello('2026-02-10 11:10Z', '{"battery_voltage": 3.5}');
select is((select count(*) from device_alerts), 2::bigint, 'the next time is another alert');
select pg_temp.limits('{"battery_warning_v": 3.5, "battery_critical_v": 3.3}');
select pg_temp.hello('2026-02-10 11:20Z', '{"battery_voltage": 3.5}');
select is(pg_temp.open_alerts(), '', 'a company''s limit goes before the default');
select pg_temp.limits('{"battery_warning_v": 3.9}', 'a0000000-0000-4000-8000-0000000000c1');
select pg_temp.hello('2026-02-10 11:30Z', '{"battery_voltage": 3.35}');
select is(pg_temp.open_alerts(), 'low_battery warning', 'a device''s before the company''s, limit by limit');
delete from alert_thresholds;
delete from device_alerts;

-- clock_invalid
select pg_temp.meta('2026-02-11 10:00Z', 'a.jpg', '{"captured_at": null, "captured_at_raw": "1970-01-01 00:00:00", "capture_key": "1970", "timestamp_source": "server"}');
select is(pg_temp.open_alerts(), 'clock_invalid warning', 'a time that cannot be used');
select pg_temp.meta('2026-02-11 10:10Z', 'b.jpg', '{"captured_at": "2026-02-12T10:10:00Z", "capture_key": "2026-02-12T10:10:00Z"}');
select is(pg_temp.open_alerts(), '', 'a day ahead is the edge of what is believed');
select pg_temp.meta('2026-02-11 10:20Z', 'c.jpg', '{"captured_at": "2026-02-12T10:20:01Z", "capture_key": "2026-02-12T10:20:01Z"}');
select is(pg_temp.open_alerts(), 'clock_invalid warning', 'more is not');
select pg_temp.meta('2026-02-13 10:30Z', 'd.jpg');
select is(pg_temp.open_alerts(), '', 'a good time ends it');

-- temperature and humidity: absolute. Nothing without limits.
select is(pg_temp.reading('2026-02-14 13:00Z', 60, 100), '', 'no limits, no alert: what is too warm depends on what grows there');
select pg_temp.limits('{"temperature_max_warning_c": 21.111, "temperature_max_critical_c": 30, "temperature_min_warning_c": 4, "temperature_min_critical_c": -5,
    "humidity_max_warning_pct": 80, "humidity_max_critical_pct": 95, "humidity_min_warning_pct": 20, "humidity_min_critical_pct": 10}');
select is(pg_temp.reading('2026-02-14 14:00Z', 24.5), 'temperature_max warning', 'lesson 63: 24.5 °C is above a warning at 70 °F, 21.1 °C');
select is((select details - 'captured_at' from device_alerts where alert_type = 'temperature_max'), '{"unit": "°C", "value": 24.5, "warning": 21.111, "critical": 30}', 'the figures have their unit');
select is(pg_temp.reading('2026-02-14 14:05Z', 21.111), '', 'at the limit is not above it');
select pg_temp.limits('{"temperature_max_warning_c": 70}', 'a0000000-0000-4000-8000-0000000000c1');
select is(pg_temp.reading('2026-02-14 14:10Z', 24.5), '', 'a limit of 70 is 70 °C: never compared with °F');
delete from alert_thresholds where device_id is not null;
select is(pg_temp.reading('2026-02-14 14:15Z', 30), 'temperature_max warning', '30 °C is not critical');
select is(pg_temp.reading('2026-02-14 14:20Z', 30.1), 'temperature_max critical', 'above it is');
select is(pg_temp.reading('2026-02-14 14:25Z', 3.9), 'temperature_min warning', 'too cold; too warm has ended');
select is(pg_temp.reading('2026-02-14 14:30Z', 4), '', 'at the limit is not below it');
select is(pg_temp.reading('2026-02-14 14:35Z', -5), 'temperature_min warning', 'below zero the order is the same: at -5 °C warning');
select is(pg_temp.reading('2026-02-14 14:40Z', -5.1), 'temperature_min critical', 'below -5 °C critical');
select is(pg_temp.reading('2026-02-14 14:45Z', 10, 80.5), 'humidity_max warning', 'too humid');
select is(pg_temp.reading('2026-02-14 14:50Z', 10, 96), 'humidity_max critical', 'much too humid');
select is(pg_temp.reading('2026-02-14 14:55Z', null, 80), '', 'at the limit it ends');
select is(pg_temp.reading('2026-02-14 15:00Z', null, 19), 'humidity_min warning', 'too dry');
select is(pg_temp.reading('2026-02-14 15:05Z', null, 9), 'humidity_min critical', 'much too dry');
select is(pg_temp.reading('2026-02-14 15:10Z', 10, null), 'humidity_min critical', 'a reading without humidity says nothing of it');
select is(pg_temp.reading('2026-02-14 15:15Z', 10, 50), '', 'all well');
select is(pg_temp.reading('2026-02-14 15:02Z', 99, 99, '2026-02-14 15:20Z'), '', 'a reading that comes late says nothing of now');
select is(pg_temp.reading('2026-02-14 15:25Z', 99), 'temperature_max critical', 'the newest does');
select is(pg_temp.reading('2026-02-14 15:20Z', 10, null, '2026-02-14 15:30Z'), 'temperature_max critical', 'nor does a late one end it');
select is(pg_temp.reading('2026-02-14 15:35Z', 10), '', 'the newest does');

-- change within a local day: New York's day begins at 05:00Z
select pg_temp.limits('{"temperature_rise_warning_c": 3, "temperature_rise_critical_c": 8, "temperature_drop_warning_c": 3, "humidity_rise_warning_pct": 10, "humidity_drop_warning_pct": 10}');
select is(pg_temp.reading('2026-02-16 13:00Z', 17.1, 50), '', 'the first reading of a day has nothing to compare with');
select is(pg_temp.reading('2026-02-16 14:00Z', 20.1, 60), '', '3 °C is not more than 3 °C, whatever the floats say');
select is(pg_temp.reading('2026-02-16 15:00Z', 20.2, 60.1), 'humidity_max warning, temperature_max warning', 'lesson 66: a rise raises the max side only');
select is(pg_temp.reading('2026-02-16 16:00Z', 25.2, 55), 'temperature_max critical', 'a rise of 8.1 °C is critical; 5 points down is no drop');
select is(pg_temp.reading('2026-02-16 17:00Z', 22.2, 51), 'temperature_max critical', 'not cooled enough: still a warning''s rise, and 3 °C down is no drop');
select is(pg_temp.reading('2026-02-16 18:00Z', 19, 50), 'humidity_min warning, temperature_min warning', 'a fall from the day''s highest raises the min side only');
select is(pg_temp.reading('2026-02-17 04:50Z', 19.1, 50), 'humidity_min warning, temperature_min warning', 'after midnight in UTC it is the same local day');
select is(pg_temp.reading('2026-02-17 13:00Z', 40, 99), '', 'another local day begins anew');
select is(pg_temp.reading('2026-02-17 14:00Z', 43.1), 'temperature_max warning', 'and has its own lowest');
select is((select count(*) from device_alerts where alert_type in ('temperature_min', 'humidity_min') and first_seen_at > '2026-02-16 00:00Z'), 2::bigint, 'two falls, two alerts');
delete from alert_thresholds;

-- device_offline: a rig, 5 minutes
delete from device_alerts;
update devices set last_seen_at = '2026-03-01 12:00Z' where name = 'rig';
update devices set is_active = false where kind = 'camera';
select is(private.due_offline_alerts('2026-03-01 12:04:59Z'), '{"raised": 0, "resolved": 0}', 'a rig silent for 4:59 is not offline');
select is(private.due_offline_alerts('2026-03-01 12:05:00Z'), '{"raised": 1, "resolved": 0}', 'for 5:00 it is');
select is(pg_temp.open_alerts('rig'), 'device_offline warning', 'one alert');
select is(private.due_offline_alerts('2026-03-01 12:06:00Z'), '{"raised": 0, "resolved": 0}', 'one silence is one occurrence');
select count(*) from private.ingest_presence('[{"device_id": "a0000000-0000-4000-8000-0000000000c4", "kind": "heartbeat"}]', '2026-03-01 12:07Z');
select is(private.due_offline_alerts('2026-03-01 12:07:30Z'), '{"raised": 0, "resolved": 1}', 'heard again, it ends');
select pg_temp.limits('{"rig_silent_s": 3600}', 'a0000000-0000-4000-8000-0000000000c4');
select is(private.due_offline_alerts('2026-03-01 13:06:59Z'), '{"raised": 0, "resolved": 0}', 'a rig with a limit of its own');
select is(private.due_offline_alerts('2026-03-01 13:07:00Z'), '{"raised": 1, "resolved": 0}', 'is offline after an hour');
update devices set archived_at = '2026-03-01 13:10Z' where name = 'rig';
select is(private.due_offline_alerts('2026-03-01 13:10Z'), '{"raised": 0, "resolved": 1}', 'an archived one is no longer expected');
insert into devices (company_id, device_mac, name, kind) values ('a0000000-0000-4000-8000-000000000001', 'VIRTUAL:new', 'new rig', 'rig');
select is(private.due_offline_alerts('2026-03-01 13:11Z'), '{"raised": 0, "resolved": 0}', 'one that never came is not silent');

-- device_offline: a camera, slots 13:00Z and 21:00Z (8 and 16 in New York), tolerance 60 min
update devices set is_active = true where name = 'cam-1';
update devices set last_seen_at = '2026-03-02 12:58Z', mapped_at = '2026-01-01Z', next_wake_at = private.next_wake('0 8,16 * * *', 'America/New_York', '2026-03-02 12:58Z') where name = 'cam-1';
select is(private.due_offline_alerts('2026-03-02 22:30Z'), '{"raised": 0, "resolved": 0}', 'one missed slot is late, not silent (the wake of 12:58 was the first one''s)');
select is(private.due_offline_alerts('2026-03-03 13:59:59Z'), '{"raised": 0, "resolved": 0}', 'the second missed slot is within its tolerance');
select is(private.due_offline_alerts('2026-03-03 14:00:00Z'), '{"raised": 1, "resolved": 0}', 'past it, the camera is silent');
select is(private.due_offline_alerts('2026-03-04 14:00:00Z'), '{"raised": 0, "resolved": 0}', 'one silence is one occurrence');
select pg_temp.wake('2026-03-04 21:00Z', 'back.jpg');
select is(private.due_offline_alerts('2026-03-04 21:01Z'), '{"raised": 0, "resolved": 1}', 'heard again, it ends');
select pg_temp.limits('{"camera_missed_slots": 1}');
select is(private.due_offline_alerts('2026-03-05 13:59:59Z'), '{"raised": 0, "resolved": 0}', 'a company that wants to know at once');
select is(private.due_offline_alerts('2026-03-05 14:00:00Z'), '{"raised": 1, "resolved": 0}', 'hears of the first missed slot');
update devices set wake_schedule_cron = null where name = 'cam-1';
select is(private.due_offline_alerts('2026-03-05 14:01Z'), '{"raised": 0, "resolved": 1}', 'without a schedule nothing is expected');
update devices set wake_schedule_cron = '0 8,16 * * *', next_wake_at = null, last_seen_at = null, mapped_at = '2026-03-05 14:00Z' where name = 'cam-1';
select is(private.due_offline_alerts('2026-03-05 21:59Z'), '{"raised": 0, "resolved": 0}', 'a camera that was mapped and never came');
update pilot_programs set end_date = '2026-03-04' where program_name = 'Alpha study';
select is(private.due_offline_alerts('2026-03-05 22:00Z'), '{"raised": 0, "resolved": 0}', 'is not missed where the program has ended');
update pilot_programs set end_date = null;
set local session_replication_role = replica;
update devices set wake_schedule_cron = 'nonsense', is_active = true where name = 'cam-2';
set local session_replication_role = origin;
select is(private.due_offline_alerts('2026-03-05 22:00Z'), '{"raised": 1, "resolved": 0}', 'but where it runs; another''s broken schedule stops nothing');
update devices set is_active = false where name = 'cam-2';
delete from alert_thresholds;

-- deployment_failed
update devices set archived_at = null where name = 'rig';
insert into experiments (company_id, experiment_id, name, python_code) values ('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000e1', 'E', 'pass');
create function pg_temp.run(p_n int, p_status text) returns text language plpgsql as $$
begin
    insert into experiment_deployments (company_id, deployment_id, experiment_id, device_id, experiment_version, python_code, script_sha256, deployed_at)
    values ('a0000000-0000-4000-8000-000000000001', md5('run' || p_n)::uuid, 'a0000000-0000-4000-8000-0000000000e1', 'a0000000-0000-4000-8000-0000000000c4', 1, 'pass', 'x', '2026-03-06Z');
    perform private.ingest_run_reports(jsonb_build_array(jsonb_build_object(
        'device_id', 'a0000000-0000-4000-8000-0000000000c4', 'deployment_id', md5('run' || p_n), 'kind', 'status', 'status', p_status)),
        '2026-03-06Z'::timestamptz + make_interval(mins => p_n));
    return pg_temp.open_alerts('rig');
end $$;
select is(pg_temp.run(1, 'cancelled'), '', 'a cancelled run is no alert');
select is(pg_temp.run(2, 'failed'), 'deployment_failed error', 'a failed one is');
select is(pg_temp.run(3, 'timed_out'), 'deployment_failed error', 'so is one that took too long');
select results_eq($$ select occurrence_count, deployment_id, message from device_alerts where alert_type = 'deployment_failed' $$,
    $$ values (2, md5('run3')::uuid, 'E on rig ran out of time.') $$, 'counted, about the newest run');
select is(pg_temp.run(4, 'completed'), '', 'a completed run ends it');

-- at the lock: 24 expected at Greenwich
delete from device_alerts;
create temporary sequence tick;
create function pg_temp.lock_day(p_received int, p_failed int, p_voltage float8 default 4) returns text language plpgsql as $$
declare v_session site_device_sessions; v_at timestamptz := '2026-04-01Z';
begin
    set local session_replication_role = replica;
    delete from device_wake_payloads where site_id = 'a0000000-0000-4000-8000-000000000012';
    set local session_replication_role = origin;
    v_session := private.ensure_session('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000012', '2026-04-01', '2026-04-03Z');
    insert into device_wake_payloads (company_id, program_id, site_id, site_device_session_id, device_id, capture_key, captured_at, wake_window_index, payload_status)
    select v_session.company_id, v_session.program_id, v_session.site_id, v_session.session_id, 'a0000000-0000-4000-8000-0000000000d1',
        'k' || i, v_at + make_interval(hours => i), i, case when i <= p_failed then 'failed' else 'complete' end from generate_series(1, p_received) as i;
    update devices set battery_voltage = p_voltage where name = 'hourly';
    perform private.recount_session(v_session.company_id, v_session.session_id);
    perform private.raise_day_alerts(array[v_session.company_id], array[v_session.session_id], '2026-04-03Z'::timestamptz + make_interval(mins => nextval('pg_temp.tick')::int));
    return coalesce((select string_agg(format('%s %s', alert_type, severity), ', ' order by alert_type) from device_alerts where status <> 'resolved'), '');
end $$;
insert into devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at) values
('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000d1', 'TEST-HOURLY', 'hourly', 'camera', 'a0000000-0000-4000-8000-000000000012', '0 * * * *', '2026-01-01Z');
select is(pg_temp.lock_day(22, 0), '', 'two missed wakes are no alert');
select is(pg_temp.lock_day(21, 0), 'missed_wake warning', 'three are');
select is(pg_temp.lock_day(24, 7), '', '7 of 24 failed is 29 %');
select is(pg_temp.lock_day(24, 8), 'high_failure_rate error', '8 of 24 is 33 %; the missed wakes have ended');
select is(pg_temp.lock_day(24, 12), 'high_failure_rate error', 'half of them complete is not poor');
select is(pg_temp.lock_day(24, 13), 'high_failure_rate error, low_completeness warning', 'less is');
select is(pg_temp.lock_day(24, 0, 3.3), 'low_battery critical', 'the battery of the last HELLO counts at the lock too');
select pg_temp.limits('{"missed_wake_max_count": 10, "failure_max_ratio": 0.5, "completeness_min_ratio": 0.2, "battery_warning_v": 3.2, "battery_critical_v": 3.1}');
select is(pg_temp.lock_day(14, 5, 3.3), '', 'a company''s limits hold at the lock');
select is(pg_temp.lock_day(13, 5, 3.3), 'missed_wake warning', 'to the wake');
select pg_temp.limits('{"missed_wake_max_count": 11}', 'a0000000-0000-4000-8000-0000000000d1');
select is(pg_temp.lock_day(13, 5, 3.3), '', 'and a device''s');

-- use_own_account ends when the camera does
select pg_temp.hello('2026-05-01 10:00Z', '{"enrolment": true}');
select is(pg_temp.open_alerts(), 'use_own_account warning', 'a mapped camera on the enrolment account');
select pg_temp.hello('2026-05-01 10:10Z', '{}');
select is((select status from device_alerts where alert_type = 'use_own_account'), 'resolved', 'uses its own');
select * from finish();
rollback;
