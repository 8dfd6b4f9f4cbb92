-- A camera's wake on the wire: what is asked, in which order, and what ends it.
begin;
\ir camera_world.psql
select no_plan();

-- online, nothing queued
select pg_temp.hello('2026-02-10 13:00:05Z', '{"battery_voltage": 3.9, "wifi_rssi": -63}');
select is(pg_temp.sent(), array['cmd {"capture_image": true}'], 'a HELLO without a backlog asks for one capture');
select pg_temp.hello('2026-02-10 13:00:10Z');
select pg_temp.hello('2026-02-10 13:00:20Z');
select is(pg_temp.sent(), '{}', 'three HELLOs in 20 s ask for one capture');
select pg_temp.meta('2026-02-10 13:00:22Z', 'image_1.jpg');
select is(pg_temp.sent(), array['cmd {"send_image": "image_1.jpg"}'], 'metadata is answered by send_image');
select pg_temp.chunks('2026-02-10 13:00:24Z', 'image_1.jpg', '{0}');
select pg_temp.meta('2026-02-10 13:00:25Z', 'image_1.jpg', '{"capture_key": "2026-02-10T13:00:22Z", "captured_at": "2026-02-10T13:00:22Z"}');
select is(pg_temp.sent(), '{}', 'the same metadata in mid-transfer changes nothing');
select is(pg_temp.store('2026-02-10 13:00:26Z'), 0::bigint, 'an image with missing chunks is not whole');
select pg_temp.chunks('2026-02-10 13:00:27Z', 'image_1.jpg', '{2,1,0}');
select is(pg_temp.sent(), '{}', 'nothing on ack before the image is stored');
select is(pg_temp.store('2026-02-10 13:00:28Z'), 1::bigint, 'chunks in any order make the image');
select is(pg_temp.sent(), array['ack {"ACK_OK": {"next_wake_time": "9:00PM"}, "image_name": "image_1.jpg"}'],
    'the stored capture is acknowledged with the next wake, UTC, H:MMPM');
select is(next_wake_at, '2026-02-10 21:00Z', 'the wake that was sent is the wake that is stored') from devices where name = 'cam-1';
select results_eq(
    $$ select payload_status, image_status, wake_window_index, overage_flag, battery_voltage, wifi_rssi, temperature, humidity, program_id is not null
       from device_wake_payloads $$,
    $$ values ('complete', 'complete', 1, false, 3.9::float8, -63::float8, 21.5::float8, 0::float8, true) $$,
    'one payload a wake, with the HELLO''s battery, a measured 0 and full lineage');
select results_eq(
    $$ select i.status, i.sha256, i.image_url, i.image_size, i.retry_count from device_images as i $$,
    $$ values ('complete', encode(sha256('\xffd8ffe0010203040506ffd9'), 'hex'),
               'a0000000-0000-4000-8000-000000000001/' || encode(sha256('\xffd8ffe0010203040506ffd9'), 'hex') || '.jpg', 12, 0) $$,
    'the image is its bytes, stored under their hash');
select results_eq(
    'select is_device_generated, slot_index, observed_at from petri_observations', $$ values (true, 1, '2026-02-10 13:00:22Z'::timestamptz) $$,
    'one observation');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 4 completed 1 failed 0 pending 0 extra 0', 'the day counts it');

-- after the end
select pg_temp.hello('2026-02-10 13:00:50Z', '{"topic_id": "a4:cf:12:d0:e3:9b", "prefix": "device"}');
select is(
    (select array[topic, payload ->> 'ACK_OK'] from private.mqtt_outbox order by outbox_id desc limit 1),
    array['device/a4:cf:12:d0:e3:9b/ack', '{"next_wake_time": "9:00PM"}'],
    'a HELLO within 30 s gets the final message again, under the prefix and id it used');
select is(cardinality(pg_temp.sent()), 1, 'and nothing else');
select pg_temp.meta('2026-02-10 13:00:52Z', 'image_1.jpg', '{"capture_key": "2026-02-10T13:00:22Z", "captured_at": "2026-02-10T13:00:22Z"}');
select is(pg_temp.sent(), array['ack {"ACK_OK": {"next_wake_time": "9:00PM"}, "image_name": "image_1.jpg"}'], 'so does its metadata');
select pg_temp.chunks('2026-02-10 13:00:53Z', 'image_1.jpg');
select isnt(ended_at, null, 'late copies of chunks wake nothing') from private.wakes;
select pg_temp.hello('2026-02-10 13:05:00Z');
select is(pg_temp.sent(), array['cmd {"capture_image": true}'], 'a later HELLO begins another wake');

-- a wake that falls silent
select is(private.due_wakes('2026-02-10 13:09:59Z') ->> 'ended', '0', 'a wake lasts 5 minutes after its last message');
select is(private.due_wakes('2026-02-10 13:10:00Z') ->> 'ended', '1', 'then it is over');
select is(pg_temp.sent(), '{}', 'and nothing is sent to a camera that sleeps');

-- loss: three rounds, send_image once, failed, sleep
select pg_temp.hello('2026-02-10 21:00:00Z');
select pg_temp.meta('2026-02-10 21:00:01Z', 'image_2.jpg', '{"total_chunk_count": 5}');
select pg_temp.chunks('2026-02-10 21:00:02Z', 'image_2.jpg', '{0,2}');
select pg_temp.sent();
select private.run_due('2026-02-10 21:00:16Z');
select is(pg_temp.sent(), '{}', 'nothing is asked before 15 s without a chunk');
select private.run_due('2026-02-10 21:00:17Z');
select is(pg_temp.sent(), array['ack {"image_name": "image_2.jpg", "missing_chunks": [1, 3, 4]}'], 'then the missing ids are asked for, on ack');
select private.run_due('2026-02-10 21:00:20Z');
select is(pg_temp.sent(), '{}', 'once a round');
select private.run_due('2026-02-10 21:00:32Z');
select private.run_due('2026-02-10 21:00:47Z');
select is(cardinality(pg_temp.sent()), 2, 'three rounds');
select private.run_due('2026-02-10 21:01:02Z');
select is(pg_temp.sent(), array['cmd {"send_image": "image_2.jpg"}'], 'then the whole file once');
select private.run_due('2026-02-10 21:01:17Z');
select is(pg_temp.sent(), array['cmd {"next_wake": "1:00PM"}'], 'then the wake ends without an image: a sleep on cmd');
select is(status, 'failed', 'the image is failed') from device_images where image_name = 'image_2.jpg';
select results_eq(
    $$ select alert_type, severity, subject_id = image_id from device_alerts $$, $$ values ('image_transmission_failed', 'error', true) $$,
    'with one alert');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 4 completed 1 failed 1 pending 0 extra 0', 'and one failed wake');

-- telemetry only
select pg_temp.hello('2026-02-11 13:00:00Z');
select pg_temp.sent();
select pg_temp.meta('2026-02-11 13:00:03Z', null, '{"total_chunk_count": null, "image_size": null, "battery_voltage": 3.7}');
select is(pg_temp.sent(), array['cmd {"next_wake": "9:00PM"}'], 'telemetry alone ends the wake with a sleep');
select results_eq(
    $$ select payload_status, image_status, image_id is null, battery_voltage, session_date from device_wake_payloads as p
       join site_device_sessions as s on s.session_id = p.site_device_session_id where p.captured_at > '2026-02-11' $$,
    $$ values ('complete', 'none', true, 3.7::float8, '2026-02-11'::date) $$, 'its payload is complete at once');
select pg_temp.meta('2026-02-11 13:00:04Z', null,
    '{"total_chunk_count": null, "capture_key": "2026-02-11T13:00:03Z", "captured_at": "2026-02-11T13:00:03Z"}');
select is(pg_temp.sent(), array['cmd {"next_wake": "9:00PM"}'], 'its repeat gets the sleep again');
select is(pg_temp.day('New York', '2026-02-11'), 'in_progress expected 4 completed 1 failed 0 pending 0 extra 0', 'and is the same payload');
select pg_temp.hello('2026-02-11 21:00:00Z');
select pg_temp.sent();
select pg_temp.meta('2026-02-11 21:00:03Z', 'image_9.jpg', '{"total_chunk_count": 0, "image_size": 0, "error": 4}');
select is(pg_temp.sent(), array['cmd {"next_wake": "1:00PM"}'], 'metadata with chunk count 0 is telemetry');
select results_eq(
    $$ select payload_status, image_status, device_error_code from device_wake_payloads where captured_at > '2026-02-11 20:00Z' $$,
    $$ values ('complete', 'none', 4) $$, 'with the device''s error code');
select is((select count(*) from device_images where image_name = 'image_9.jpg'), 0::bigint, 'and no image row');

-- unmapped, unknown, enrolment
select is(pg_temp.hello('2026-02-10 13:20:00Z', '{"battery_voltage": 4.0}', '112233445566'), 0::bigint, 'an unknown MAC is not refused');
select is(pg_temp.sent(), array['cmd {"next_wake": "2:00PM"}'], 'it only gets a sleep: the full hour at least 30 minutes away');
select pg_temp.hello('2026-02-10 13:31:00Z', '{"enrolment": true}', '112233445566');
select is(topic, 'enrol/ESP32CAM/112233445566/cmd', 'on the enrolment listener its answer has the mount point') from private.mqtt_outbox order by outbox_id desc limit 1;
select is(pg_temp.sent(), array['cmd {"next_wake": "3:00PM"}'], '13:31 is less than 30 minutes before 14:00');
select results_eq($$ select device_mac, company_id is null, hello ->> 'battery_voltage' is null from private.device_directory where device_id is null $$,
    $$ values ('112233445566', true, true) $$, 'one pending row, no company');
select is(pg_temp.meta('2026-02-10 13:31:00Z', 'x.jpg', '{}', '112233445566'), 'unknown_device', 'its metadata is refused, and kept');
select is(pg_temp.chunks('2026-02-10 13:31:00Z', 'x.jpg', p_mac => '112233445566'), 'unknown_device,unknown_device,unknown_device', 'so are its chunks');
select is(pg_temp.sent(), array['cmd {"next_wake": "3:00PM"}'], 'a storm of chunks is not answered');
select pg_temp.hello('2026-02-10 13:31:00Z', '{}', 'A4CF12D0E39D');
select is(pg_temp.sent(), array['cmd {"next_wake": "3:00PM"}'], 'a camera without a site only gets a sleep');
select is(pg_temp.meta('2026-02-10 13:31:10Z', 'x.jpg', '{}', 'A4CF12D0E39D'), 'unknown_device', 'and its metadata makes no row');
select is((select count(*) from device_wake_payloads where device_id = 'a0000000-0000-4000-8000-0000000000c3'), 0::bigint, 'none at all');
select pg_temp.sent();
select pg_temp.hello('2026-02-10 13:40:00Z', '{"enrolment": true}', 'A4CF12D0E39C');
select is(pg_temp.sent(), array['cmd {"next_wake": "9:00PM"}'], 'a mapped camera with the enrolment account gets a sleep');
select results_eq(
    $$ select occurrence_count from device_alerts where alert_type = 'use_own_account' and device_id = 'a0000000-0000-4000-8000-0000000000c2' $$,
    'values (1)', 'and an alert to use its own');
select is(pg_temp.hello('2026-02-10 13:40:00Z', '{}', 'A4CF12D0E39E'), 1::bigint, 'a rig''s MAC is refused');

-- every answer
select is_empty(
    $$ select payload from private.mqtt_outbox
       where coalesce(payload ->> 'next_wake', payload -> 'ACK_OK' ->> 'next_wake_time') !~ '^([1-9]|1[0-2]):[0-5][0-9](AM|PM)$' $$,
    'no wake time is anything but H:MMAM or H:MMPM');
select is_empty($$ select from private.mqtt_outbox where payload ->> 'device_id' <> split_part(replace(topic, 'enrol/', ''), '/', 2) $$,
    'every message names the device as it names itself');
select is((fn_verify_session_counters('2026-02-12Z') ->> 'wrong')::int, 0, 'all counters equal a recount');
select * from finish();
rollback;
