-- What is too large is refused in words, at once, and never tried again and again.
begin;
\ir camera_world.psql
select no_plan();
insert into storage.buckets (id, name, public, file_size_limit) values ('images', 'images', false, 5242880) on conflict (id) do update set file_size_limit = 5242880;
select fn_midnight_session_opener_all('2026-02-10 05:00:10Z');
create function pg_temp.refused(p_now timestamptz, p_name text, p_more jsonb) returns text language sql as $$
    select string_agg(r.reason || ' ' || r.detail, ',') from private.ingest_metadata(jsonb_build_array(jsonb_build_object(
        'prefix', 'ESP32CAM', 'topic_id', 'A4CF12D0E39B', 'mac', 'A4CF12D0E39B', 'image_name', p_name, 'capture_key', private.capture_key(p_now),
        'captured_at', p_now, 'timestamp_source', 'device', 'image_size', 12, 'max_chunk_size', 4, 'total_chunk_count', 3) || p_more), p_now) as r;
$$;

-- announced
select pg_temp.hello('2026-02-10 13:00Z');
select pg_temp.sent();
select is(pg_temp.refused('2026-02-10 13:00:01Z', 'a.jpg', '{"total_chunk_count": 4000000}'), 'too_large total_chunk_count: at most 8192', 'millions of chunks');
select is(pg_temp.sent(), array['cmd {"next_wake": "9:00PM"}'], 'the camera is sent to sleep, not asked for the file');
select is((select count(*) from device_images), 0::bigint, 'and there is no row of it');
select is(pg_temp.refused('2026-02-10 13:10Z', 'a.jpg', '{"image_size": 5242881}'), 'too_large image_size: at most 5242880 bytes', 'more bytes than the bucket takes');
select is(pg_temp.refused('2026-02-10 13:20Z', 'b.jpg', '{"image_size": 5242880, "total_chunk_count": 5120}'), null, 'the largest that fits');
select is(pg_temp.refused('2026-02-10 13:30Z', null, '{"total_chunk_count": null, "temperature": 20}'), null, 'telemetry has no size');

-- in the backlog: the rest of it and the capture still come
select pg_temp.hello('2026-02-10 21:00Z', '{"pending_count": 2, "pending_list": ["huge.jpg", "ok.jpg"]}');
select pg_temp.sent();
select is(pg_temp.refused('2026-02-10 21:00:01Z', 'huge.jpg', '{"image_size": 99999999}'), 'too_large image_size: at most 5242880 bytes', 'a file of the queue');
select is(pg_temp.refused('2026-02-10 21:00:02Z', 'huge.jpg', jsonb_build_object('image_size', 99999999, 'capture_key', private.capture_key('2026-02-10 21:00:01Z'))),
    'too_large image_size: at most 5242880 bytes', 'offered twice is one file');
select pg_temp.meta('2026-02-10 21:00:03Z', 'ok.jpg', '{"captured_at": "2026-02-10T20:00:00Z", "capture_key": "2026-02-10T20:00:00Z"}');
select pg_temp.chunks('2026-02-10 21:00:04Z', 'ok.jpg');
select pg_temp.store('2026-02-10 21:00:05Z');
select is(pg_temp.sent(), array['cmd {"send_image": "ok.jpg"}', 'ack {"ACK_OK": true, "image_name": "ok.jpg"}', 'cmd {"capture_image": true}'], 'the wake goes on');

-- chunks
select is(pg_temp.chunks('2026-02-10 21:00:06Z', 'c.jpg', '{0}', p_base => 8193), 'bad_type', 'a chunk id beyond the limit');
-- more bytes than were announced by number: never put together
select pg_temp.meta('2026-02-10 21:00:10Z', 'fat.jpg', '{"image_size": null, "total_chunk_count": 100}');
insert into private.image_chunks (company_id, transfer_id, chunk_id, data)
select t.company_id, t.transfer_id, n, decode(repeat('00', 65536), 'hex') from private.image_transfers as t, generate_series(0, 98) as n where t.image_name = 'fat.jpg';
select is(pg_temp.chunks('2026-02-10 21:00:11Z', 'fat.jpg', '{0}', p_base => 99), null, 'the last chunk');
select pg_temp.sent();
select is((select count(*) from private.claim_assembled_images(10, '1 minute', '2026-02-10 21:00:12Z')), 0::bigint, 'is not given to the store');
select results_eq($$ select i.status, i.error_code, t.state from device_images as i join private.image_transfers as t using (company_id, image_id) where i.image_name = 'fat.jpg' $$,
    $$ values ('failed', 'too_large', 'failed') $$, 'but fails');
select is((select count(*) from device_alerts where alert_type = 'image_transmission_failed' and status = 'open'), 1::bigint, 'with an alert');
select is(pg_temp.sent(), array['cmd {"next_wake": "1:00PM"}'], 'and the camera sleeps');
select is((select count(*) from private.claim_assembled_images(10, '1 minute', '2026-02-10 21:05Z')), 0::bigint, 'and is not tried again');
select * from finish();
rollback;
