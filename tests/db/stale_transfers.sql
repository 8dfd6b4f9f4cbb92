-- The sweep fails what was idle for a day, and never what a camera is just being asked for.
begin;
\ir camera_world.psql
select no_plan();
select fn_midnight_session_opener_all('2026-02-10 05:00:10Z');
create function pg_temp.status() returns text language sql as $$ select string_agg(i.status, ', ') from device_images as i where i.image_name = 'a.jpg'; $$;
select pg_temp.hello('2026-02-10 13:00Z');
select pg_temp.meta('2026-02-10 13:00:01Z', 'a.jpg');
select pg_temp.chunks('2026-02-10 13:00:02Z', 'a.jpg', '{0}');
select private.due_wakes('2026-02-10 13:06Z');
select is(private.due_stale_transfers('2026-02-11 13:00:01Z'), 0, 'not before a day has passed');
-- it wakes a day later and is asked for the rest; the sweep comes between question and answer
select pg_temp.hello('2026-02-11 13:01Z', '{"pending_count": 1, "pending_list": ["a.jpg"]}');
select pg_temp.meta('2026-02-11 13:01:01Z', 'a.jpg', jsonb_build_object('captured_at', '2026-02-10T13:00:01Z', 'capture_key', private.capture_key('2026-02-10 13:00:01Z')));
select is(private.due_stale_transfers('2026-02-11 13:01:02Z'), 0, 'a file that is being asked for is not given up');
select pg_temp.sent();
select pg_temp.chunks('2026-02-11 13:01:03Z', 'a.jpg', '{1,2}');
select pg_temp.store('2026-02-11 13:01:04Z');
select is(pg_temp.status(), 'complete', 'and arrives');
select is(pg_temp.sent(), array['ack {"ACK_OK": true, "image_name": "a.jpg"}', 'cmd {"capture_image": true}'], 'acknowledged, then the capture');
-- asked for and never delivered: given up when the wake is over
select pg_temp.meta('2026-02-11 13:01:05Z', 'b.jpg');
select private.due_wakes('2026-02-11 13:10Z');
select pg_temp.hello('2026-02-12 13:30Z');
select is(private.due_stale_transfers('2026-02-12 13:30:01Z'), 1, 'what this wake does not ask for is given up');
select is((select status || ' ' || error_code from device_images where image_name = 'b.jpg'), 'failed timeout', 'with its reason');
select is(private.due_stale_transfers('2026-02-12 13:30:02Z'), 0, 'once');
select * from finish();
rollback;
