-- A camera with files in its queue: the three strategies, lost acknowledgements, requested retries.
begin;
\ir camera_world.psql
select no_plan();

-- list
select pg_temp.hello('2026-02-10 13:00:00Z', '{"pending_count": 2, "pending_list": ["image_5.jpg", "image_6.jpg"]}');
select is(pg_temp.sent(), array['cmd {"send_all_pending": true}'], 'a HELLO with a list asks for everything pending, not for a capture');
select is((select count(*) from device_images) + (select count(*) from device_wake_payloads), 0::bigint, 'a name in the list makes no row');
select pg_temp.hello('2026-02-10 13:00:01Z', '{"pending_count": 2, "pending_list": ["image_5.jpg", "image_6.jpg"]}');
select pg_temp.meta('2026-02-10 13:00:02Z', 'image_5.jpg', '{"captured_at": "2026-02-09T21:00:03Z", "capture_key": "2026-02-09T21:00:03Z"}');
select pg_temp.chunks('2026-02-10 13:00:03Z', 'image_5.jpg');
select pg_temp.store('2026-02-10 13:00:04Z');
select is(pg_temp.sent(), array['cmd {"send_image": "image_5.jpg"}', 'ack {"ACK_OK": true, "image_name": "image_5.jpg"}'],
    'a stored backlog file gets ACK_OK true: stay awake');
select pg_temp.meta('2026-02-10 13:00:05Z', 'image_5.jpg', '{"captured_at": "2026-02-09T21:00:03Z", "capture_key": "2026-02-09T21:00:03Z"}');
select is(pg_temp.sent(), array['ack {"ACK_OK": true, "image_name": "image_5.jpg"}'], 'offered again it is acknowledged again, and counts once');
select pg_temp.meta('2026-02-10 13:00:06Z', 'image_6.jpg', '{"captured_at": "2026-02-10T05:30:00Z", "capture_key": "2026-02-10T05:30:00Z"}');
select pg_temp.chunks('2026-02-10 13:00:07Z', 'image_6.jpg');
select pg_temp.store('2026-02-10 13:00:08Z');
select is(pg_temp.sent(),
    array['cmd {"send_image": "image_6.jpg"}', 'ack {"ACK_OK": true, "image_name": "image_6.jpg"}', 'cmd {"capture_image": true}'],
    'after the last one the capture is asked for');
select pg_temp.meta('2026-02-10 13:00:10Z', 'image_7.jpg');
select pg_temp.chunks('2026-02-10 13:00:11Z', 'image_7.jpg');
select pg_temp.store('2026-02-10 13:00:12Z');
select is(pg_temp.sent(), array['cmd {"send_image": "image_7.jpg"}', 'ack {"ACK_OK": {"next_wake_time": "9:00PM"}, "image_name": "image_7.jpg"}'],
    'and its ACK is the first message with a wake time');
select is(pg_temp.day('New York', '2026-02-09'), 'locked expected 4 completed 1 failed 0 pending 0 extra 0',
    'the late file counts in its own local day, made locked with that day''s schedule');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 4 completed 1 failed 0 pending 0 extra 1',
    'a capture outside every window is extra');

-- the acknowledgement was lost
select pg_temp.hello('2026-02-10 21:00:00Z', '{"pending_count": 1, "pending_list": ["image_7.jpg"]}');
select is(pg_temp.sent(), array['cmd {"send_all_pending": true}'], 'a name is never acknowledged by itself');
select pg_temp.meta('2026-02-10 21:00:02Z', 'image_7.jpg', '{"captured_at": "2026-02-10T13:00:10Z", "capture_key": "2026-02-10T13:00:10Z"}');
select is(pg_temp.sent(), array['ack {"ACK_OK": true, "image_name": "image_7.jpg"}', 'cmd {"capture_image": true}'],
    'its metadata is: ACK at once, no chunk asked for');
select is((select count(*) from petri_observations), 3::bigint, 'no second observation');
select is((select retry_count from device_images where image_name = 'image_7.jpg'), 0, 'no row touched');
select pg_temp.meta('2026-02-10 21:00:04Z', 'image_7.jpg', '{"image_size": 13}');
select is(pg_temp.sent(), array['cmd {"send_image": "image_7.jpg"}'], 'another photograph under the name is asked for');

-- a phantom list
select pg_temp.hello('2026-02-11 13:00:00Z', '{"pending_count": 3, "pending_list": ["p1.jpg", "p2.jpg", "p3.jpg"]}');
select pg_temp.sent();
select private.run_due('2026-02-11 13:00:59Z');
select is(pg_temp.sent(), '{}', 'a silent backlog is waited for');
select private.run_due('2026-02-11 13:01:00Z');
select is(pg_temp.sent(), array['cmd {"capture_image": true}'], 'after a minute the capture is asked for all the same');
select private.run_due('2026-02-11 15:00:00Z');
select is((select count(*) from device_images where status = 'failed'), 0::bigint, 'names that never came are no failed images');
select is((select count(*) from device_alerts where alert_type = 'image_transmission_failed'), 0::bigint, 'and no alerts');

-- names: what the server knows
update device_wake_payloads set payload_status = 'complete', image_status = 'complete' where image_id in (select image_id from device_images where status = 'receiving');
update device_images set status = 'complete', image_url = 'x' where status = 'receiving';
delete from private.image_transfers;
select private.recount_session(company_id, session_id) from site_device_sessions;
select pg_temp.hello('2026-02-12 13:00:00Z', '{}', 'A4CF12D0E39C');
select pg_temp.meta('2026-02-12 13:00:01Z', 'n1.jpg', '{}', 'A4CF12D0E39C');
select pg_temp.chunks('2026-02-12 13:00:02Z', 'n1.jpg', '{0,1}', p_mac => 'A4CF12D0E39C');
select pg_temp.sent();
select pg_temp.hello('2026-02-12 21:00:00Z', '{"pending_count": 2}', 'A4CF12D0E39C');
select is(pg_temp.sent(), array['cmd {"send_image": "n1.jpg"}'], 'a count without names: the incomplete image the server knows, by name');
select pg_temp.chunks('2026-02-12 21:00:02Z', 'n1.jpg', '{2}', p_mac => 'A4CF12D0E39C');
select pg_temp.store('2026-02-12 21:00:03Z');
select is(pg_temp.sent(), array['ack {"ACK_OK": true, "image_name": "n1.jpg"}', 'cmd {"capture_image": true}'],
    'half a file resumes hours later; the unknown rest is asked for by captures');
select pg_temp.meta('2026-02-12 21:00:05Z', 'n2.jpg', '{"captured_at": "2026-02-12T17:00:00Z", "capture_key": "2026-02-12T17:00:00Z"}', 'A4CF12D0E39C');
select pg_temp.chunks('2026-02-12 21:00:06Z', 'n2.jpg', p_mac => 'A4CF12D0E39C');
select pg_temp.store('2026-02-12 21:00:07Z');
select is(pg_temp.sent(), array['cmd {"send_image": "n2.jpg"}', 'ack {"ACK_OK": true, "image_name": "n2.jpg"}', 'cmd {"capture_image": true}'],
    'N + 1 captures');
select pg_temp.meta('2026-02-12 21:00:08Z', 'n3.jpg', '{}', 'A4CF12D0E39C');
select pg_temp.chunks('2026-02-12 21:00:09Z', 'n3.jpg', p_mac => 'A4CF12D0E39C');
select pg_temp.store('2026-02-12 21:00:10Z');
select is(pg_temp.sent(), array['cmd {"send_image": "n3.jpg"}', 'ack {"ACK_OK": {"next_wake_time": "1:00PM"}, "image_name": "n3.jpg"}'],
    'the last one ends the wake');

-- the strategy of the device
update devices set backlog_strategy = 'captures' where name = 'cam-2';
select pg_temp.hello('2026-02-13 13:00:00Z', '{"pending_count": 1, "pending_list": ["n4.jpg"]}', 'A4CF12D0E39C');
select is(pg_temp.sent(), array['cmd {"capture_image": true}'], 'the device''s own strategy goes before the list');

select pg_temp.hello('2026-02-13 14:00:00Z', '{"pending_count": 0, "pending_list": ["n4.jpg"]}');
select is(pg_temp.sent(), array['cmd {"capture_image": true}'], 'a count of 0 is a value');

-- a person asks again for a failed image
select set_config('request.jwt.claims', jsonb_build_object('sub', 'a0000000-0000-4000-8000-00000000000f')::text, true);
insert into auth.users (id, email) values ('a0000000-0000-4000-8000-00000000000f', 'member@alpha.test');
insert into users (user_id, company_id, email, role) values ('a0000000-0000-4000-8000-00000000000f', 'a0000000-0000-4000-8000-000000000001', 'member@alpha.test', 'member');
select pg_temp.hello('2026-02-14 13:00:00Z');
select pg_temp.meta('2026-02-14 13:00:01Z', 'r1.jpg');
select fn_image_failure_handler(image_id, 'chunks_missing', 'lost', '2026-02-14 13:02:00Z') from device_images where image_name = 'r1.jpg';
select is(pg_temp.day('New York', '2026-02-14'), 'in_progress expected 4 completed 0 failed 1 pending 0 extra 0', 'it failed');
select pg_temp.sent();
select is(request_image_retry(image_id, '2026-02-14 14:00:00Z') ->> 'status', 'queued', 'a member queues a retry') from device_images where image_name = 'r1.jpg';
select request_image_retry(image_id, '2026-02-14 14:01:00Z') from device_images where image_name = 'r1.jpg';
select results_eq($$ select status, attempts from device_commands $$, $$ values ('queued', 0) $$, 'once');
select is(pg_temp.sent(), '{}', 'nothing is published to a camera that sleeps');
select pg_temp.hello('2026-02-14 21:00:00Z');
select is(pg_temp.sent(), array['cmd {"send_image": "r1.jpg"}'], 'the next HELLO publishes it, before the capture');
select pg_temp.chunks('2026-02-14 21:00:02Z', 'r1.jpg');
select pg_temp.store('2026-02-14 21:00:03Z');
select is(pg_temp.sent(), array['ack {"ACK_OK": true, "image_name": "r1.jpg"}', 'cmd {"capture_image": true}'], 'then the wake goes on');
select is((select status from device_commands), 'done', 'the command is done');
select results_eq(
    $$ select status, retry_count, resent_received_at, captured_at, error_code from device_images where image_name = 'r1.jpg' $$,
    $$ values ('complete', 1, '2026-02-14 21:00:03Z'::timestamptz, '2026-02-14 13:00:01Z'::timestamptz, null::text) $$,
    'the same row is complete; its capture time stays');
select is(pg_temp.day('New York', '2026-02-14'), 'in_progress expected 4 completed 1 failed 0 pending 0 extra 0', 'completed + 1, failed - 1');
select is((select a.status from device_alerts as a join device_images as i using (image_id) where i.image_name = 'r1.jpg'), 'resolved', 'its alert is resolved');
select throws_like(
    $$ select request_image_retry(image_id) from device_images where image_name = 'r1.jpg' $$, 'image_complete%', 'a complete image is not asked for');
select is((fn_verify_session_counters('2026-02-15Z') ->> 'wrong')::int, 0, 'all counters equal a recount');
select * from finish();
rollback;
