-- Bytes and identity: chunks in every form, names that repeat, transfers that do not mix, the seed's handlers.
begin;
\ir camera_world.psql
select no_plan();

-- 1-based, foreign ids
select pg_temp.meta('2026-02-10 13:00:00Z', 'a.jpg');
select pg_temp.chunks('2026-02-10 13:00:01Z', 'a.jpg', '{0,1}', p_base => 1);
select pg_temp.chunks('2026-02-10 13:00:01Z', 'a.jpg', '{0}', p_base => 7);
select is(pg_temp.store('2026-02-10 13:00:02Z'), 0::bigint, 'three chunks, one of them foreign, are not an image of three');
select pg_temp.sent();
select private.run_due('2026-02-10 13:00:20Z');
select is(pg_temp.sent(), array['ack {"image_name": "a.jpg", "missing_chunks": [3]}'], 'missing chunks are named in the camera''s own base');
select pg_temp.chunks('2026-02-10 13:00:21Z', 'a.jpg', '{2}', p_base => 1);
select is(pg_temp.store('2026-02-10 13:00:22Z'), 1::bigint, 'ids 1 to N are whole');
select is(sha256, encode(sha256('\xffd8ffe0010203040506ffd9'), 'hex'), 'and the same bytes') from device_images where image_name = 'a.jpg';

-- chunks before their metadata
select pg_temp.chunks('2026-02-10 21:00:00Z', 'b.jpg', '{0,1}', '\x0a0a0a0a');
select pg_temp.sent();
select pg_temp.meta('2026-02-10 21:00:03Z', 'b.jpg');
select is(pg_temp.sent(), '{}', 'a camera that streams already is not asked to begin again');
select pg_temp.chunks('2026-02-10 21:00:04Z', 'b.jpg', '{2}', '\x0a0a0a0a');
select is(pg_temp.store('2026-02-10 21:00:05Z'), 1::bigint, 'chunks, then metadata, then the rest: whole');

-- half of one photograph, then another under the same name
select pg_temp.meta('2026-02-11 13:00:00Z', 'c.jpg');
select pg_temp.chunks('2026-02-11 13:00:01Z', 'c.jpg', '{0,1}', '\x0b0b0b0b');
select pg_temp.meta('2026-02-11 21:00:00Z', 'c.jpg');
select pg_temp.chunks('2026-02-11 21:00:01Z', 'c.jpg', '{0,1,2}', '\x0c0c0c0c');
select is(pg_temp.store('2026-02-11 21:00:02Z'), 1::bigint, 'the newer transfer gets the chunks');
select results_eq(
    $$ select status, sha256 from device_images where image_name = 'c.jpg' order by captured_at $$,
    $$ values ('receiving', null), ('complete', encode(sha256('\xffd8ffe00c0c0c0c0506ffd9'), 'hex')) $$,
    'no mixture of two photographs');

-- the counter restarts
select pg_temp.wake('2026-02-12 13:00:00Z', 'image_1.jpg');
select pg_temp.hello('2026-02-13 13:00:00Z');
select pg_temp.meta('2026-02-13 13:00:00Z', 'image_1.jpg');
select pg_temp.chunks('2026-02-13 13:00:05Z', 'image_1.jpg', p_middle => '\x00000001');
select pg_temp.store('2026-02-13 13:00:06Z');
select is((select count(distinct image_url) || '/' || count(*) from device_images where image_name = 'image_1.jpg' and status = 'complete'), '2/2',
    'the same name on two days: two images, two files');
select is((select count(*) from petri_observations as o join device_images as i using (image_id) where i.image_name = 'image_1.jpg'), 2::bigint,
    'two observations');

-- late chunks of a complete image, and early ones of the next of that name
select pg_temp.chunks('2026-02-13 13:00:08Z', 'image_1.jpg', p_middle => '\x00000001');
select is((select count(*) from private.image_transfers where image_id is null), 0::bigint, 'copies of stored bytes are dropped');
select pg_temp.chunks('2026-02-13 21:00:00Z', 'image_1.jpg', '{1}', '\x00000002');
select is((select count(*) from private.image_transfers where image_id is null), 1::bigint, 'other bytes wait for their own metadata');
select pg_temp.meta('2026-02-13 21:00:01Z', 'image_1.jpg');
select pg_temp.chunks('2026-02-13 21:00:02Z', 'image_1.jpg', '{0,2}', '\x00000002');
select pg_temp.store('2026-02-13 21:00:03Z');
select is(sha256, encode(sha256('\xffd8ffe0000000020506ffd9'), 'hex'), 'and come together with it')
from device_images where image_name = 'image_1.jpg' order by captured_at desc limit 1;

-- a whole set of wrong bytes
select pg_temp.hello('2026-02-14 13:00:00Z');
select pg_temp.meta('2026-02-14 13:00:00Z', 'bad.jpg', '{"image_size": 11}');
select pg_temp.chunks('2026-02-14 13:00:01Z', 'bad.jpg');
select pg_temp.sent();
select is(pg_temp.store('2026-02-14 13:00:02Z'), 0::bigint, 'bytes that do not add up are not stored');
select is(pg_temp.sent(), array['cmd {"send_image": "bad.jpg"}'], 'they are dropped and the file is asked for again');
select is((select count(*) from private.image_chunks as c join private.image_transfers as t using (company_id, transfer_id) where t.image_name = 'bad.jpg'), 0::bigint,
    'nothing of them stays');
select pg_temp.chunks('2026-02-14 13:00:03Z', 'bad.jpg');
select pg_temp.store('2026-02-14 13:00:04Z');
select pg_temp.chunks('2026-02-14 13:00:05Z', 'bad.jpg');
select pg_temp.store('2026-02-14 13:00:06Z');
select is(pg_temp.sent(), array['cmd {"send_image": "bad.jpg"}', 'cmd {"next_wake": "9:00PM"}'], 'twice, then the image fails and the camera sleeps');
select is(error_code, 'bad_bytes', 'with the reason') from device_images where image_name = 'bad.jpg';
select pg_temp.hello('2026-02-14 21:00:00Z');
select pg_temp.meta('2026-02-14 21:00:00Z', 'nojpeg.jpg');
select pg_temp.sent();
select count(*) from private.ingest_chunks(
    array_fill('A4CF12D0E39B'::text, '{3}'), array_fill('ESP32CAM'::text, '{3}'), array_fill('A4CF12D0E39B'::text, '{3}'), array_fill('nojpeg.jpg'::text, '{3}'),
    '{0,1,2}', array['\x00000000', '\x00000000', '\x00000000']::bytea[], '2026-02-14 21:00:01Z');
select pg_temp.store('2026-02-14 21:00:02Z');
select is(pg_temp.sent(), array['cmd {"send_image": "nojpeg.jpg"}'], 'the right length without JPEG marks is refused too');

-- leases
select pg_temp.chunks('2026-02-14 21:00:03Z', 'nojpeg.jpg');
select is((select count(*) from private.claim_assembled_images(10, '1 minute', '2026-02-14 21:00:04Z')), 1::bigint, 'an image is claimed');
select is((select count(*) from private.claim_assembled_images(10, '1 minute', '2026-02-14 21:00:05Z')), 0::bigint, 'by one handler');
select is((select count(*) from private.claim_assembled_images(10, '1 minute', '2026-02-14 21:01:05Z')), 1::bigint, 'and again when its lease is over');

select pg_temp.store('2026-02-14 21:03:00Z');

-- the seed's handlers
create temporary table seed as select fn_wake_ingestion_handler(
    'a0000000-0000-4000-8000-0000000000c2', '2026-02-10 13:01:00Z', 'IMG_001.jpg', '{"temperature": 21.5, "battery_voltage": 3.9, "slot_index": 5}',
    '2026-02-10 13:01:05Z') as r;
select is(r - 'payload_id' - 'image_id' - 'session_id', '{"success": true, "wake_index": 1, "is_overage": false, "created": true}', 'a capture is recorded') from seed;
select is(fn_wake_ingestion_handler('a0000000-0000-4000-8000-0000000000c2', '2026-02-10 13:01:00Z', 'IMG_001.jpg', '{}', '2026-02-10 13:02:00Z') - 'created',
    r - 'created', 'twice is once') from seed;
select is((fn_image_failure_handler((r ->> 'image_id')::uuid, '5', 'lost', '2026-02-10 13:03Z') ->> 'alert_created')::boolean, true, 'it fails') from seed;
select is((fn_image_failure_handler((r ->> 'image_id')::uuid, '5', 'lost', '2026-02-10 13:03Z') ->> 'alert_created')::boolean, false, 'once') from seed;
create temporary table retried as
select fn_retry_by_id_handler('a0000000-0000-4000-8000-0000000000c2', 'IMG_001.jpg', 'some/path.jpg', '2026-02-12 09:00Z') as r;
select is(n.r ->> 'image_id', s.r ->> 'image_id', 'a retry by name is the same image') from seed as s, retried as n;
select is(r - 'payload_id' - 'image_id' - 'session_id' - 'observation_id',
    '{"success": true, "was_failed": true, "is_complete": true, "retry_count": 1, "slot_index": 5, "original_captured_at": "2026-02-10T13:01:00+00:00"}',
    'completed, with its own capture time and the device''s slot') from retried;
select is(
    (select array_agg(distinct fn_image_completion_handler((s.r ->> 'image_id')::uuid, 'other.jpg', '2026-02-12 10:00Z') ->> 'observation_id')
     from seed as s, generate_series(1, 5)),
    (select array[n.r ->> 'observation_id'] from retried as n), 'completing five times more is the same observation');
select is((fn_image_failure_handler((r ->> 'image_id')::uuid, '5', 'late', '2026-02-12 11:00Z') ->> 'alert_created')::boolean, false, 'a complete image cannot fail') from seed;
select results_eq($$ select status, image_url, retry_count from device_images where image_name = 'IMG_001.jpg' $$, $$ values ('complete', 'some/path.jpg', 1) $$, 'nothing of it changed');
select is((fn_retry_by_id_handler('a0000000-0000-4000-8000-0000000000c2', 'IMG_001.jpg', 'x', '2026-02-12 12:00Z') ->> 'retry_count')::int, 1, 'nor by another retry');
select is(pg_temp.day('New York', '2026-02-10'), 'in_progress expected 4 completed 3 failed 0 pending 0 extra 0', 'counted once');
select throws_like($$ select fn_image_completion_handler(private.new_id(), 'x') $$, 'not_found%', 'an unknown image is not found');
select throws_like($$ select fn_wake_ingestion_handler('a0000000-0000-4000-8000-0000000000c3', now(), 'x', '{}') $$, 'bad_input%', 'a camera without a site has no day');

-- clocks
select pg_temp.meta('2026-02-16 13:00:00Z', 't1.jpg',
    '{"captured_at": null, "captured_at_raw": "1970-01-01T00:00:09Z", "capture_key": "1970-01-01T00:00:09Z", "timestamp_source": "server"}');
select pg_temp.meta('2026-02-16 13:05:00Z', 't1.jpg',
    '{"captured_at": null, "captured_at_raw": "1970-01-01T00:00:09Z", "capture_key": "1970-01-01T00:00:09Z", "timestamp_source": "server"}');
select results_eq(
    $$ select captured_at, timestamp_source, captured_at_raw from device_images where image_name = 't1.jpg' $$,
    $$ values ('2026-02-16 13:00:00Z'::timestamptz, 'server', '1970-01-01T00:00:09Z') $$,
    'an unusable time: server time of the first receipt, the raw text is the identity');
select is((select status from device_alerts where alert_type = 'clock_invalid'), 'open', 'and an alert');
select pg_temp.meta('2026-02-16 21:00:00Z', 't2.jpg', '{"captured_at": "2031-01-01T00:00:00Z", "capture_key": "2031-01-01T00:00:00Z"}');
select is((select captured_at from device_images where image_name = 't2.jpg'), '2026-02-16 21:00:00Z'::timestamptz, 'a clock years ahead is as unusable');
select pg_temp.meta('2026-02-17 13:00:00Z', 't3.jpg');
select is((select status from device_alerts where alert_type = 'clock_invalid'), 'resolved', 'a usable time resolves it');

-- what is idle for a day, and for a week
select is(private.due_stale_transfers('2026-02-18 12:00Z') > 0, true, 'an image idle for 24 h fails');
select is((select count(*) from device_images where status = 'receiving' and created_at < '2026-02-17 12:00Z'), 0::bigint, 'none stays pending longer');
select is((select status from device_images where image_name = 't3.jpg'), 'receiving', 'a younger one is left');
select private.purge_chunks('2026-02-18 12:59Z');
select is((select count(*) > 0 from private.image_transfers where image_name = 'c.jpg'), true, 'chunks are kept for 7 days after the last one');
select private.purge_chunks('2026-02-21 13:00Z');
select is((select count(*) from private.image_transfers where last_activity_at <= '2026-02-14 13:00Z'), 0::bigint, 'and purged then');
select isnt_empty($$ select from device_images where image_name = 'c.jpg' $$, 'images stay');

-- bad items harm no neighbour
select results_eq(
    $$ select idx, reason from private.ingest_metadata(jsonb_build_array(
         jsonb_build_object('mac', 'A4CF12D0E39B', 'prefix', 'device', 'topic_id', 'x', 'image_name', 'g1.jpg', 'capture_key', 'k1', 'captured_at', '2026-03-01T13:00:00Z', 'total_chunk_count', 3),
         jsonb_build_object('mac', 'A4CF12D0E39B', 'prefix', 'device', 'topic_id', 'x', 'image_name', 'g2.jpg', 'capture_key', 'k2', 'captured_at', 'yesterday evening', 'total_chunk_count', 3),
         jsonb_build_object('mac', 'A4CF12D0E39B', 'prefix', 'device', 'topic_id', 'x', 'image_name', 'g3.jpg', 'capture_key', 'k3', 'captured_at', '2026-03-01T13:00:01Z', 'total_chunk_count', 'many'),
         jsonb_build_object('mac', 'A4CF12D0E39C', 'prefix', 'device', 'topic_id', 'x', 'image_name', 'g4.jpg', 'capture_key', 'k4', 'captured_at', '2026-03-01T13:00:02Z', 'total_chunk_count', 3)
       ), '2026-03-01 13:00:05Z') $$,
    $$ values (1, 'bad_time'), (2, 'bad_type') $$, 'each bad item is refused with its reason');
select is((select count(*) from device_images where image_name in ('g1.jpg', 'g4.jpg')), 2::bigint, 'the others are stored');
select results_eq(
    $$ select idx, reason from private.ingest_chunks(
         array['A4CF12D0E39B', 'A4CF12D0E39B', 'FFFFFFFFFFFF'], array['device', 'device', 'device'], array['x', 'x', 'x'], array['g1.jpg', 'g1.jpg', 'g1.jpg'],
         array[-1, 0, 1], array['\xff', '\xffd8ff', '\xff']::bytea[], '2026-03-01 13:00:06Z') order by 1 $$,
    $$ values (0, 'bad_type'), (2, 'unknown_device') $$, 'chunks too');
select is((fn_verify_session_counters('2026-03-02Z') ->> 'wrong')::int, 0, 'all counters equal a recount');
select * from finish();
rollback;
