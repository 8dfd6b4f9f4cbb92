-- Commands to cameras: queued while asleep, published at the next HELLO, acknowledged, done; or expired, superseded, failed. (Lessons 31, 32.)
begin;
\ir camera_world.psql
select no_plan();
\ir fixtures/people.psql
create function pg_temp.status(p_command text) returns text language sql as $$
    select string_agg(concat_ws(' ', c.status, c.attempts), ', ' order by c.created_at) from public.device_commands as c where c.command = p_command;
$$;
create function pg_temp.image(p_name text) returns uuid language sql as $$ select image_id from public.device_images where image_name = p_name $$;

-- who may
select pg_temp.act_as('viewer@alpha.test');
select throws_like($$ select send_device_command('a0000000-0000-4000-8000-0000000000c1', 'ping') $$, 'role_required%', 'a viewer pings nobody');
select throws_like($$ select wake_once('a0000000-0000-4000-8000-0000000000c1') $$, 'role_required%', 'and wakes nobody');
select throws_like($$ select retry_missing() $$, 'role_required%', 'and asks for nothing');
select pg_temp.act_as('member@beta.test');
select throws_like($$ select send_device_command('a0000000-0000-4000-8000-0000000000c1', 'ping') $$, 'not_found%', 'nor does another company');
select pg_temp.act_as('member@alpha.test');
select throws_like($$ select send_device_command('a0000000-0000-4000-8000-0000000000c1', 'reboot') $$, 'role_required%', 'a member restarts no camera');
select throws_like($$ select send_device_command('a0000000-0000-4000-8000-0000000000c4', 'ping') $$, 'wrong_kind%', 'a rig is no camera');

-- ping: nothing before the HELLO
select pg_temp.wake('2026-02-10 13:00Z', 'first.jpg');
select pg_temp.sent();
select is(send_device_command('a0000000-0000-4000-8000-0000000000c1', 'ping', '2026-02-10 15:00Z') - 'command_id',
    '{"status": "queued", "expires_at": "2026-02-17T15:00:00+00:00", "next_contact_at": "2026-02-10T21:00:00+00:00"}', 'a ping waits for the next contact');
select send_device_command('a0000000-0000-4000-8000-0000000000c1', 'ping', '2026-02-10 15:01Z');
select private.run_due('2026-02-10 16:00Z');
select is(pg_temp.status('ping'), 'queued 0', 'asked twice it is queued once, and stays queued while the camera sleeps');
select is(pg_temp.sent(), '{}', 'nothing is sent to a sleeping camera');
select pg_temp.hello('2026-02-10 21:00Z');
select is(pg_temp.sent(), array['cmd {"ping": true}', 'cmd {"capture_image": true}'], 'it goes out with the HELLO');
select is(pg_temp.status('ping'), 'published 1', 'then it is published');
select pg_temp.meta('2026-02-10 21:00:05Z', 'second.jpg');
select is(pg_temp.status('ping'), 'done 1', 'the camera''s next word is the answer');
select pg_temp.chunks('2026-02-10 21:00:06Z', 'second.jpg');
select pg_temp.store('2026-02-10 21:00:08Z');

-- reboot: alone, the rest after it
select pg_temp.act_as('admin@alpha.test');
select send_device_command('a0000000-0000-4000-8000-0000000000c1', 'reboot', '2026-02-11 10:00Z');
select send_device_command('a0000000-0000-4000-8000-0000000000c1', 'ping', '2026-02-11 10:00Z');
select pg_temp.sent();
select pg_temp.hello('2026-02-11 13:00Z');
select is(pg_temp.sent(), array['cmd {"reboot": true}'], 'a reboot goes alone');
select pg_temp.hello('2026-02-11 13:00:20Z');
select is(pg_temp.sent(), array['cmd {"ping": true}', 'cmd {"capture_image": true}'], 'the HELLO after it begins the wake');
select is(pg_temp.status('reboot'), 'done 1', 'and shows that it was obeyed');
select pg_temp.meta('2026-02-11 13:00:30Z', 'third.jpg');

-- a failed image, asked for again, in a locked day
select fn_image_failure_handler(pg_temp.image('third.jpg'), 'lost', 'lost', '2026-02-11 13:10Z');
select fn_end_of_day_locker_all('2026-02-12 06:00Z');
select is(pg_temp.day('New York', '2026-02-11'), 'locked expected 4 completed 0 failed 1 pending 0 extra 0', 'the day is locked with a failure');
select pg_temp.act_as('member@beta.test');
select throws_like($$ select request_image_retry(pg_temp.image('third.jpg')) $$, 'not_found%', 'another company''s image is not there');
select pg_temp.act_as('member@alpha.test');
select throws_like($$ select request_image_retry(pg_temp.image('first.jpg')) $$, 'image_complete%', 'a complete image is not asked for');
select is(r ->> 'session_id', (select session_id::text from site_device_sessions where session_date = '2026-02-11'), 'the answer names the original session')
from request_image_retry(pg_temp.image('third.jpg'), '2026-02-12 10:00Z') as r;
select is(retry_missing('a0000000-0000-4000-8000-000000000010', '2026-02-11', '2026-02-12 10:01Z') - 'image_ids',
    '{"missing": 1, "queued": 0, "already_queued": 1, "not_reachable": 0}', 'all missing of a day: it is already queued');
select is(retry_missing(null, '2026-02-10', '2026-02-12 10:01Z') ->> 'missing', '0', 'a day without failures has none');
select throws_like($$ select retry_missing('b0000000-0000-4000-8000-000000000010') $$, 'not_found%', 'nor is another company''s site');
select pg_temp.sent();
select pg_temp.hello('2026-02-12 13:00Z');
select is(pg_temp.sent(), array['cmd {"send_image": "third.jpg"}'], 'the file is asked for first');
select is(pg_temp.status('send_image'), 'published 1', 'published');
select pg_temp.meta('2026-02-12 13:00:05Z', 'third.jpg', '{"captured_at": "2026-02-11T13:00:30Z", "capture_key": "2026-02-11T13:00:30Z"}');
select is(pg_temp.status('send_image'), 'acknowledged 1', 'its metadata acknowledge');
select pg_temp.chunks('2026-02-12 13:00:06Z', 'third.jpg');
select pg_temp.store('2026-02-12 13:00:08Z');
select is(pg_temp.status('send_image'), 'done 1', 'stored, it is done');
select is(pg_temp.day('New York', '2026-02-11'), 'locked expected 4 completed 1 failed 0 pending 0 extra 0', 'it counts in its locked day');
select is((select acknowledged_at from device_commands where command = 'send_image'), '2026-02-12 13:00:05Z', 'with the time of the acknowledgement');

-- a camera that vanishes is asked again, three times at most
select pg_temp.meta('2026-02-12 13:00:10Z', 'fourth.jpg');
select fn_image_failure_handler(pg_temp.image('fourth.jpg'), 'lost', 'lost', '2026-02-12 13:10Z');
select request_image_retry(pg_temp.image('fourth.jpg'), '2026-02-12 14:00Z');
select pg_temp.hello('2026-02-12 21:00Z');
select pg_temp.hello('2026-02-13 13:00Z');
select is((select status || attempts from device_commands where payload ->> 'image_name' = 'fourth.jpg'), 'published2', 'asked again at the next wake');
select pg_temp.hello('2026-02-13 21:00Z');
select pg_temp.hello('2026-02-14 13:00Z');
select is((select status || attempts from device_commands where payload ->> 'image_name' = 'fourth.jpg'), 'failed3', 'not for ever');
select request_image_retry(pg_temp.image('fourth.jpg'), '2026-02-14 14:00Z');
select pg_temp.hello('2026-02-14 21:00Z');
select fn_image_failure_handler(pg_temp.image('fourth.jpg'), 'lost', 'lost', '2026-02-14 21:02Z');
select is((select status from device_commands where payload ->> 'image_name' = 'fourth.jpg' order by created_at desc limit 1), 'failed', 'failed when the image is given up');

-- expiry, withdrawal
select send_device_command('a0000000-0000-4000-8000-0000000000c2', 'ping', '2026-02-15 00:00Z');
select private.run_due('2026-02-21 23:59Z');
select is((select status from device_commands where device_id = 'a0000000-0000-4000-8000-0000000000c2'), 'queued', 'a command waits for a week');
select private.run_due('2026-02-22 00:00Z');
select is((select status from device_commands where device_id = 'a0000000-0000-4000-8000-0000000000c2'), 'expired', 'not longer');
select pg_temp.sent();
select pg_temp.hello('2026-02-22 13:00Z', p_mac => 'A4CF12D0E39C');
select is(pg_temp.sent(), array['cmd {"capture_image": true}'], 'and is not sent any more');
select is(r ->> 'status', 'superseded', 'a queued command can be withdrawn')
from send_device_command('a0000000-0000-4000-8000-0000000000c2', 'ping', '2026-02-23 00:00Z') as c cross join lateral cancel_command((c ->> 'command_id')::uuid, '2026-02-23 00:01Z') as r;
select throws_like('select cancel_command(private.new_id())', 'not_found%', 'only one that is there');

-- one extra wake
select wake_once('a0000000-0000-4000-8000-0000000000c2', null, '2026-03-01 14:00Z');
update devices set next_wake_at = '2026-03-01 21:00Z' where name = 'cam-2';
select is(wake_once('a0000000-0000-4000-8000-0000000000c2', null, '2026-03-01 15:00Z') - 'command_id',
    '{"status": "queued", "counts_as": "extra", "requested_at": "2026-03-01T15:00:00+00:00", "next_contact_at": "2026-03-01T21:00:00+00:00", "in_text": "in 6 hours",
      "message": "The camera is told at its next contact, in 6 hours; the wake counts as extra."}', 'the answer says when and as what');
select is(pg_temp.status('next_wake'), 'superseded 0, queued 0', 'a later request replaces an earlier one');
select pg_temp.wake('2026-03-01 21:00Z', 'n1.jpg', 'A4CF12D0E39C');
select is((select next_wake_at from devices where name = 'cam-2'), '2026-03-01 21:02Z', 'told at the contact: a minute on');
select is(pg_temp.status('next_wake'), 'superseded 0, published 1', 'published');
select pg_temp.wake('2026-03-01 21:02Z', 'n2.jpg', 'A4CF12D0E39C');
select is(pg_temp.status('next_wake'), 'superseded 0, done 1', 'and done by the wake');
select is((select next_wake_at from devices where name = 'cam-2'), '2026-03-02 13:00Z', 'once');
select wake_once('a0000000-0000-4000-8000-0000000000c2', '2026-03-02 18:00Z', '2026-03-02 01:00Z');
select private.plan_next_wake('a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-0000000000c2', '2026-03-02 02:00Z');
select is(pg_temp.status('next_wake'), 'superseded 0, done 1, queued 0', 'a wake after the next scheduled one waits for the contact before it');
select pg_temp.wake('2026-03-02 13:00Z', 'n3.jpg', 'A4CF12D0E39C');
select is((select next_wake_at from devices where name = 'cam-2'), '2026-03-02 18:00Z', 'and is told there');
select private.run_due('2026-03-02 19:00Z');
select is(pg_temp.status('next_wake'), 'superseded 0, done 1, expired 1', 'a camera that does not come: expired');
select throws_like($$ select wake_once('a0000000-0000-4000-8000-0000000000c2', '2026-03-01', '2026-03-02') $$, 'bad_input%', 'not in the past');
select * from finish();
rollback;
