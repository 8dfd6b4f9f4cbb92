-- Alerts and people: every type, taking, closing, remarks, limits, who is told, deliveries and their retries.
begin;
\ir camera_world.psql
select no_plan();
insert into auth.users (id, email)
select ('a0000000-0000-4000-8000-0000000000f' || n)::uuid, who || '@test' from unnest(array['viewer', 'member', 'admin', 'other']) with ordinality as u (who, n);
insert into users (user_id, company_id, email, role)
select ('a0000000-0000-4000-8000-0000000000f' || n)::uuid, case who when 'other' then 'b0000000-0000-4000-8000-000000000001' else 'a0000000-0000-4000-8000-000000000001' end::uuid,
    who || '@test', case who when 'other' then 'admin' else who end from unnest(array['viewer', 'member', 'admin', 'other']) with ordinality as u (who, n);
create function pg_temp.act_as(p_who text) returns text language sql as $$
    select set_config('request.jwt.claims', coalesce((select jsonb_build_object('sub', u.user_id, 'role', 'authenticated')::text from public.users as u where u.email = p_who || '@test'), ''), true);
$$;
create function pg_temp.raise(p_type text, p_severity text, p_now timestamptz, p_subject uuid default 'a0000000-0000-4000-8000-0000000000c1') returns uuid language sql as $$
    select private.raise_alert('a0000000-0000-4000-8000-000000000001', p_type, p_severity, p_subject, 'it happened', '{"n": 1}', p_now,
        p_device_id => 'a0000000-0000-4000-8000-0000000000c1');
$$;
create function pg_temp.told() returns text[] language sql as $$
    select coalesce(array_agg(n.event || ' ' || n.severity order by n.created_at, n.notification_id), '{}') from notifications as n;
$$;

-- lesson 67: every type of the table can be written
select is_empty($$
    select t from unnest(array['missed_wake', 'high_failure_rate', 'low_battery', 'image_transmission_failed', 'device_offline', 'low_completeness',
        'deployment_failed', 'clock_invalid', 'temperature_max', 'temperature_min', 'humidity_max', 'humidity_min', 'use_own_account']) as t
    where pg_temp.raise(t, 'warning', '2026-02-01Z') is null $$, 'every type can be raised');
select is(pg_temp.raise('no_such_type', 'warning', '2026-02-01Z'), null, 'another cannot,');
select is((select counts ->> 'alert_type' from private.job_runs where job = 'raise_alert' and not ok), 'no_such_type', 'which is loud and fails nobody');
delete from device_alerts;

-- lesson 65: one open alert; who is told: opened, worse, resolved
create temporary table a as select pg_temp.raise('low_battery', 'warning', '2026-02-01 10:00Z') as id;
select is(pg_temp.raise('low_battery', 'warning', '2026-02-01 10:01Z'), id, 'two readings a minute apart are one alert') from a;
select is(pg_temp.told(), '{opened warning}', 'people are told once');
select pg_temp.raise('low_battery', 'critical', '2026-02-01 10:02Z'), pg_temp.raise('low_battery', 'warning', '2026-02-01 10:03Z');
select is(pg_temp.told(), '{opened warning,escalated critical}', 'and again when it gets worse');
select results_eq($$ select severity, occurrence_count, status, first_seen_at, last_seen_at from device_alerts $$,
    $$ values ('critical', 4, 'open', '2026-02-01 10:00Z'::timestamptz, '2026-02-01 10:03Z'::timestamptz) $$, 'count, last time and worst severity');
select is((select title from notifications order by created_at desc limit 1), 'critical: cam-1, New York: it happened', 'in one line');
select private.resolve_alert('a0000000-0000-4000-8000-000000000001', 'low_battery', 'a0000000-0000-4000-8000-0000000000c1', '2026-02-01 10:04Z');
select private.resolve_alert('a0000000-0000-4000-8000-000000000001', 'low_battery', 'a0000000-0000-4000-8000-0000000000c1', '2026-02-01 10:05Z');
select is(pg_temp.told(), '{opened warning,escalated critical,resolved critical}', 'and once when it ends');

-- people
create temporary table b as select pg_temp.raise('low_battery', 'warning', '2026-02-01 11:00Z') as id;
grant select on a, b to authenticated;
select pg_temp.act_as('viewer');
select throws_like('select acknowledge_alert(id) from b', 'role_required%', 'a viewer takes no alert');
select throws_like('select resolve_alert(id) from b', 'role_required%', 'closes none');
select throws_like($$ select comment_alert(id, 'x') from b $$, 'role_required%', 'and remarks on none');
select pg_temp.act_as('other');
select throws_like('select acknowledge_alert(id) from b', 'not_found%', 'to another company it does not exist');
select pg_temp.act_as('member');
select is(acknowledge_alert(id, ' on my way ', '2026-02-01 11:05Z') ->> 'status', 'acknowledged', 'a member takes it') from b;
select acknowledge_alert(id, null, '2026-02-01 11:06Z') from b;
select results_eq('select acknowledged_at, acknowledged_by, comment from device_alerts, b where alert_id = id',
    $$ values ('2026-02-01 11:05Z'::timestamptz, 'a0000000-0000-4000-8000-0000000000f2'::uuid, 'on my way') $$, 'who and when, the first time');
select is(pg_temp.raise('low_battery', 'warning', '2026-02-01 11:07Z'), id, 'a repeat counts on the taken one') from b;
select comment_alert(id, 'new battery ordered', '2026-02-01 11:08Z') from b;
select throws_like($$ select comment_alert(id, ' ') from b $$, 'bad_input%', 'an empty remark is none');
select throws_like($$ select comment_alert(id, repeat('x', 2001)) from b $$, 'bad_input%', 'nor is a book');
select is(resolve_alert(id, null, '2026-02-01 11:10Z') ->> 'resolved_by', 'a0000000-0000-4000-8000-0000000000f2', 'a member closes it') from b;
select is((resolve_alert(id, null, '2026-02-01 11:11Z') ->> 'resolved_at')::timestamptz, '2026-02-01 11:10Z', 'again changes nothing') from b;
select throws_like('select acknowledge_alert(id) from b', 'alert_resolved%', 'what is closed cannot be taken');
select is((select array_agg(action || ' ' || coalesce(new_row ->> 'comment', '') order by at) from audit_log),
    '{"acknowledge_alert on my way","comment_alert new battery ordered","resolve_alert new battery ordered"}', 'the audit log has each step');
select isnt(pg_temp.raise('low_battery', 'warning', '2026-02-01 11:20Z'), id, 'if the cause goes on there is a new alert') from b;

-- read marks: each person's own
select pg_temp.act_as('viewer');
select is(mark_notifications_read((select array_agg(notification_id) from (select * from notifications order by created_at limit 2) as n)), '{"marked": 2}', 'a viewer reads two');
select is((mark_notifications_read() ->> 'marked')::bigint, (select count(*) from notifications) - 2, 'then the rest');
select pg_temp.act_as('member');
set local role authenticated;
select is_empty('select from notification_reads', 'a member has read none');
select is(mark_notifications_read() ->> 'marked', '6', 'and reads all');
select is((select count(*) from notification_reads), 6::bigint, 'seeing the own marks only');
select throws_ok($$ select from notification_routes, alert_thresholds; insert into alert_thresholds (company_id) values ('a0000000-0000-4000-8000-000000000001') $$, '42501', null, 'limits are written through functions');
reset role;

-- limits
select throws_like($$ select set_alert_thresholds('{"battery_warning_v": 3}') $$, 'role_required%', 'a member sets no limits');
select pg_temp.act_as('admin');
select is(alert_thresholds_of() -> 'effective', '{"rig_silent_s": 300, "failure_max_ratio": 0.3, "battery_warning_v": 3.6, "battery_critical_v": 3.4, "camera_missed_slots": 2, "missed_wake_max_count": 2, "completeness_min_ratio": 0.5}', 'the defaults');
select is(set_alert_thresholds('{"battery_warning_v": 3.7, "temperature_max_warning_c": 28}') -> 'effective' ->> 'battery_warning_v', '3.7', 'an admin sets the company''s');
select is((set_alert_thresholds('{"battery_warning_v": 3.8}', 'a0000000-0000-4000-8000-0000000000c1') -> 'effective') - array['rig_silent_s', 'failure_max_ratio', 'completeness_min_ratio', 'camera_missed_slots', 'missed_wake_max_count'],
    '{"battery_warning_v": 3.8, "battery_critical_v": 3.4, "temperature_max_warning_c": 28}', 'and a device''s: device, company, default');
select is(set_alert_thresholds('{"battery_warning_v": null}') -> 'company', '{"temperature_max_warning_c": 28}', 'null takes one back, the others stay');
select is(reset_alert_thresholds('a0000000-0000-4000-8000-0000000000c1') -> 'device', 'null', 'a reset takes back all of a device');
select is((select array_agg(action order by at, audit_id) from audit_log where entity = 'alert_thresholds'), '{set_alert_thresholds,set_alert_thresholds,set_alert_thresholds,reset_alert_thresholds}', 'the audit log knows');
select throws_like($$ select set_alert_thresholds('{"temperature_max": 28}') $$, 'bad_input%', 'a limit has a unit in its name');
select throws_like($$ select set_alert_thresholds('{"company_id": 28}') $$, 'bad_input%', 'other columns are no limits');
select throws_like($$ select set_alert_thresholds('{"temperature_max_warning_c": "82F"}') $$, 'bad_input%', 'a limit is a number');
select throws_like($$ select set_alert_thresholds('[]') $$, 'bad_input%', 'in an object');
select throws_like($$ select set_alert_thresholds('{"humidity_max_warning_pct": 101}') $$, 'bad_input%', 'within its range');
select throws_like($$ select set_alert_thresholds('{"temperature_max_warning_c": 30, "temperature_max_critical_c": 28}') $$, 'bad_input%', 'warning comes before critical');
select throws_like($$ select set_alert_thresholds('{"failure_max_ratio": 0.1}', 'a0000000-0000-4000-8000-0000000000c1') $$, 'bad_input%', 'a site''s rule has no limit of a device');
select throws_like($$ select set_alert_thresholds('{}', private.new_id()) $$, 'not_found%', 'of devices that exist');
select pg_temp.act_as('other');
select throws_like($$ select set_alert_thresholds('{}', 'a0000000-0000-4000-8000-0000000000c1') $$, 'not_found%', 'of the own company');

-- routes
select pg_temp.act_as('member');
select throws_like($$ select put_notification_route('x', 'in_app') $$, 'role_required%', 'a member makes no route');
select pg_temp.act_as('admin');
create temporary table r as select
    put_notification_route('Duty', 'email', 'duty@lab.example', 'error') as mail,
    put_notification_route('Hook', 'webhook', 'https://hooks.example/x', 'warning', '{low_battery}') as hook;
select is(mail ->> 'secret', null, 'an e-mail has no secret') from r;
select matches(hook ->> 'secret', '^whsec_.{40,}$', 'a webhook has one') from r;
select is(put_notification_route('Hook', 'webhook', 'https://hooks.example/x', 'warning', '{low_battery}', true, (hook ->> 'route_id')::uuid) ? 'secret', false, 'told once') from r;
select throws_like(format($$ select put_notification_route('x', %s) $$, v), 'bad_input%', v) from unnest(array[
    '''fax'', ''1''', '''email'', ''no address''', E'''email'', E''a@b.example\\nBcc: c@d.example''', '''webhook'', ''ftp://x/y''', '''webhook'', ''file:///etc/passwd''',
    '''webhook'', ''http://user:pw@host/''', '''webhook''', '''in_app'', ''x''', '''in_app'', null, ''info''', '''in_app'', null, ''error'', ''{nonsense}''']) as v;
select throws_like(format($$ select put_notification_route('x', 'webhook', 'https://elsewhere.example/', p_route_id => %L) $$, hook ->> 'route_id'), 'bad_input%', 'another URL is another route') from r;
select throws_like($$ select put_notification_route('x', 'in_app', p_route_id => private.new_id()) $$, 'not_found%', 'a route that is not there');
delete from device_alerts;

create function pg_temp.queued() returns text[] language sql as $$
    select coalesce(array_agg(y.channel || ' ' || y.event || ' ' || (y.payload ->> 'severity') order by y.created_at, y.channel), '{}') from notification_deliveries as y;
$$;
select pg_temp.raise('low_battery', 'warning', '2026-02-02 10:00Z');
select is(pg_temp.queued(), '{"webhook opened warning"}', 'each route has its severity');
select pg_temp.raise('low_battery', 'critical', '2026-02-02 10:01Z');
select is(pg_temp.queued(), '{"webhook opened warning","email escalated critical","webhook escalated critical"}', 'what gets worse reaches more');
select pg_temp.raise('deployment_failed', 'error', '2026-02-02 10:02Z');
select is((pg_temp.queued())[4:], '{"email opened error"}', 'each route has its types');
select is(pg_temp.told(), '{"opened warning","escalated critical","opened error"}', 'in the application everything, without a route');
select put_notification_route('Screen', 'in_app', null, 'critical');
select pg_temp.raise('clock_invalid', 'warning', '2026-02-02 10:03Z');
select is(cardinality(pg_temp.told()), 3, 'with one, what it says');
select is((select payload - array['alert_id', 'first_seen_at', 'last_seen_at', 'at'] from notification_deliveries where event = 'escalated' and channel = 'webhook'),
    '{"event": "escalated", "alert_type": "low_battery", "severity": "critical", "message": "it happened", "details": {"n": 1}, "occurrence_count": 2, "title": "critical: cam-1, New York: it happened",
      "company_id": "a0000000-0000-4000-8000-000000000001", "company": "Alpha", "device_id": "a0000000-0000-4000-8000-0000000000c1", "device": "cam-1",
      "site_id": "a0000000-0000-4000-8000-000000000010", "site": "New York"}', 'the alert as it was then');

-- a notification that cannot be written
alter table notification_deliveries add constraint no_more check (false) not valid;
select isnt(pg_temp.raise('missed_wake', 'critical', '2026-02-02 10:04Z'), null, 'does not touch the alert');
select is((select count(*) from device_alerts where alert_type = 'missed_wake'), 1::bigint, 'which is there');
select isnt_empty($$ select from private.job_runs where job = 'notify_alerts' and not ok and error <> '' $$, 'and is loud');
alter table notification_deliveries drop constraint no_more;

-- claims and retries
create temporary table claimed as select * from private.claim_deliveries(50, '60 seconds', '2026-02-02 10:05Z');
select results_eq('select channel, target, secret is not null, attempt from claimed order by channel, target',
    $$ values ('email', 'duty@lab.example', false, 1), ('email', 'duty@lab.example', false, 1), ('webhook', 'https://hooks.example/x', true, 1), ('webhook', 'https://hooks.example/x', true, 1) $$, 'what is due, with its target');
select is_empty($$ select from private.claim_deliveries(50, '60 seconds', '2026-02-02 10:05:59Z') $$, 'nobody else gets it');
create function pg_temp.finish(p_now timestamptz, p_channel text, p_code int, p_error text) returns text language plpgsql as $$
begin
    perform private.finish_deliveries(jsonb_build_array(jsonb_build_object('company_id', y.company_id, 'delivery_id', y.delivery_id, 'attempt', y.attempts,
        'response_code', p_code, 'error', p_error)), p_now) from notification_deliveries as y where y.channel = p_channel and y.claimed_until is not null;
    return (select string_agg(distinct format('%s after %s, next in %s s', y.status, y.attempts, round(extract(epoch from y.not_before - p_now))), '; ')
        from notification_deliveries as y where y.channel = p_channel and y.created_at < '2026-02-02 10:04Z');
end $$;
select is(pg_temp.finish('2026-02-02 10:05:10Z', 'email', 451, 'SMTPResponseException 451'), 'queued after 1, next in 30 s', 'a mail server that is busy is asked again');
select is(pg_temp.finish('2026-02-02 10:05:10Z', 'webhook', 404, 'HTTP 404'), 'failed after 1, next in 30 s', 'a receiver that says no is not');
select is((select count(*) from private.claim_deliveries(50, '60 seconds', '2026-02-02 10:05:39Z')), 0::bigint, 'not before its time');
select is((select count(*) from private.claim_deliveries(50, '60 seconds', '2026-02-02 10:05:40Z')), 2::bigint, 'at its time');
select is(pg_temp.finish('2026-02-02 10:05:41Z', 'email', null, 'ConnectError'), 'queued after 2, next in 120 s', 'each time later');
select is((select count(*) from private.claim_deliveries(50, '60 seconds', '2026-02-02 11:00:00Z')), 2::bigint, 'a deliverer that dies');
select is((select count(*) from private.claim_deliveries(50, '60 seconds', '2026-02-02 11:01:00Z')), 2::bigint, 'is replaced when its lease has run out');
select is(pg_temp.finish('2026-02-02 11:01:01Z', 'email', 250, null), 'delivered after 4, next in 1920 s', 'at last delivered');
select is((select array_agg(format('%s %s %s', t.attempt, t.response_code, coalesce(t.error, 'ok')) order by t.attempt) from notification_attempts as t
    join notification_deliveries as y using (delivery_id) where y.channel = 'email' and y.event = 'escalated'),
    '{"1 451 SMTPResponseException 451","2  ConnectError","4 250 ok"}', 'every answer is kept');
update notification_deliveries set status = 'queued', attempts = 7 where channel = 'webhook';
select count(*) from private.claim_deliveries(50, '60 seconds', '2026-02-03 10:00Z');
select is(pg_temp.finish('2026-02-03 10:00Z', 'webhook', 503, 'HTTP 503'), 'failed after 8, next in 3600 s', 'the eighth attempt is the last');
update notification_deliveries set status = 'queued', attempts = 0 where channel = 'webhook';
select count(*) from private.claim_deliveries(50, '60 seconds', '2026-02-03 12:00Z');
select is(pg_temp.finish('2026-02-03 12:00Z', 'webhook', null, 'refused: the host is on a private network'), 'failed after 1, next in 30 s', 'what must not be called is not called again');

-- one slow receiver does not hold up the others
update notification_deliveries set status = 'queued', attempts = 0, not_before = '2026-02-03Z';
insert into notification_deliveries (company_id, route_id, alert_id, event, channel, payload, not_before, created_at)
select y.company_id, y.route_id, y.alert_id, y.event, y.channel, y.payload, '2026-02-02Z', '2026-02-02Z'
from (select * from notification_deliveries where channel = 'webhook' limit 1) as y, generate_series(1, 20);
select is((select count(*) filter (where channel = 'webhook') || ' ' || count(*) filter (where channel = 'email') from private.claim_deliveries(50, '60 seconds', '2026-02-04Z')), '5 2', 'at most five of a route at a time');

-- the end of a route, and of old news
select is(archive_notification_route((hook ->> 'route_id')::uuid) -> 'archived', 'true', 'a route is archived') from r;
select archive_notification_route((hook ->> 'route_id')::uuid) from r;
select is((select count(*) from notification_deliveries where channel = 'webhook' and status = 'queued'), 0::bigint, 'nothing is sent to it any more');
select is_empty('select from private.notification_secrets', 'its secret is gone');
select throws_like('select archive_notification_route(private.new_id())', 'not_found%', 'a route that is not there');
select is(private.purge_notifications('2026-05-03 10:00Z') -> 'notifications', '0', 'notifications are kept 90 days');
select is((private.purge_notifications('2026-05-04 12:00Z') ->> 'deliveries')::int > 0, true, 'not longer');
select is((select count(*) from device_alerts where first_seen_at >= '2026-02-02Z'), 4::bigint, 'alerts stay');
select * from finish();
rollback;
