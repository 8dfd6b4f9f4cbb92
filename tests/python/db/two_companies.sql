-- One company with a row in every table of public, run once for 'a' and once for 'b' (%(c)s). Every key is md5(company || thing).
-- A new table needs its row here: the access matrix looks at what each role sees of it.
insert into public.companies (company_id, name) values (md5(%(c)s)::uuid, 'Company ' || %(c)s);

insert into auth.users (id, email)
select md5(%(c)s || p)::uuid, p || '@' || %(c)s || '.example' from unnest(array['viewer', 'member', 'admin', 'super', 'fresh', 'gone']) as p;

insert into public.users (user_id, company_id, email, role, is_super_admin, is_active)
select
    md5(%(c)s || p)::uuid, md5(%(c)s)::uuid, p || '@' || %(c)s || '.example',
    case when p in ('viewer', 'member') then p else 'admin' end, p in ('super', 'fresh'), p <> 'gone'
from unnest(array['viewer', 'member', 'admin', 'super', 'fresh', 'gone']) as p;

-- The super admin of each company looks at company a; 'fresh' has never chosen. The deactivated person has a stale choice.
insert into public.user_active_company_context (user_id, company_id)
values (md5(%(c)s || 'super')::uuid, md5('a')::uuid), (md5(%(c)s || 'gone')::uuid, md5(%(c)s)::uuid);

insert into public.audit_log (company_id, audit_id, actor_role, action, entity)
values (md5(%(c)s)::uuid, md5(%(c)s || 'audit')::uuid, 'admin', 'insert', 'sites');

insert into public.pilot_programs (company_id, program_id, program_name, start_date)
values (md5(%(c)s)::uuid, md5(%(c)s || 'program')::uuid, 'Program', '2026-01-01');

insert into public.sites (company_id, site_id, program_id, name, timezone)
values (md5(%(c)s)::uuid, md5(%(c)s || 'site')::uuid, md5(%(c)s || 'program')::uuid, 'Site', 'Europe/Berlin');

insert into public.devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron)
values
(md5(%(c)s)::uuid, md5(%(c)s || 'camera')::uuid, 'TEST-CAMERA-' || %(c)s, 'Camera', 'camera', md5(%(c)s || 'site')::uuid, '0 8 * * *'),
(md5(%(c)s)::uuid, md5(%(c)s || 'rig')::uuid, 'TEST-RIG-' || %(c)s, 'Rig', 'rig', md5(%(c)s || 'site')::uuid, null);

insert into public.device_schedule_changes (company_id, change_id, device_id, effective_date)
values (md5(%(c)s)::uuid, md5(%(c)s || 'change')::uuid, md5(%(c)s || 'camera')::uuid, '2026-01-02');

insert into public.device_commands (company_id, command_id, device_id, command)
values (md5(%(c)s)::uuid, md5(%(c)s || 'command')::uuid, md5(%(c)s || 'camera')::uuid, 'capture_image');

insert into public.site_device_sessions (company_id, session_id, program_id, site_id, session_date, timezone, starts_at, ends_at)
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'session')::uuid, md5(%(c)s || 'program')::uuid, md5(%(c)s || 'site')::uuid, '2026-01-01',
    'Europe/Berlin', '2025-12-31 23:00+00', '2026-01-01 23:00+00'
);

insert into public.site_session_devices (company_id, session_id, device_id, counts_from, counts_until)
values (md5(%(c)s)::uuid, md5(%(c)s || 'session')::uuid, md5(%(c)s || 'camera')::uuid, '2025-12-31 23:00+00', '2026-01-01 23:00+00');

insert into public.device_day_rollups
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'session')::uuid, md5(%(c)s || 'camera')::uuid, md5(%(c)s || 'site')::uuid, '2026-01-01', 0, 0, 0, 0, 1,
    row(0, null, null, null), row(0, null, null, null), row(0, null, null, null), row(0, null, null, null), row(0, null, null, null),
    row(0, null, null, null)
);

insert into public.site_day_rollups
select n.* from private.count_site_days(array[md5(%(c)s)::uuid], array[md5(%(c)s || 'session')::uuid]) as n;

insert into public.program_day_rollups
select n.* from private.count_program_days(array[md5(%(c)s)::uuid], array[md5(%(c)s || 'session')::uuid]) as n;

insert into public.device_images (
    company_id, image_id, device_id, site_id, program_id, site_device_session_id, image_name, capture_key, captured_at
)
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'image')::uuid, md5(%(c)s || 'camera')::uuid, md5(%(c)s || 'site')::uuid,
    md5(%(c)s || 'program')::uuid, md5(%(c)s || 'session')::uuid, 'image.jpg', '2026-01-01T08:00:00Z', '2026-01-01 08:00+00'
);

insert into public.device_wake_payloads (
    company_id, payload_id, device_id, site_id, program_id, site_device_session_id, image_id, capture_key, captured_at, overage_flag
)
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'payload')::uuid, md5(%(c)s || 'camera')::uuid, md5(%(c)s || 'site')::uuid,
    md5(%(c)s || 'program')::uuid, md5(%(c)s || 'session')::uuid, md5(%(c)s || 'image')::uuid, '2026-01-01T08:00:00Z',
    '2026-01-01 08:00+00', true
);

insert into public.petri_observations (
    company_id, observation_id, image_id, payload_id, device_id, site_id, program_id, site_device_session_id, observed_at, petri_code
)
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'observation')::uuid, md5(%(c)s || 'image')::uuid, md5(%(c)s || 'payload')::uuid,
    md5(%(c)s || 'camera')::uuid, md5(%(c)s || 'site')::uuid, md5(%(c)s || 'program')::uuid, md5(%(c)s || 'session')::uuid,
    '2026-01-01 08:00+00', 'P-1'
);

insert into public.device_alerts (company_id, alert_id, alert_type, severity, subject_id, message)
values (md5(%(c)s)::uuid, md5(%(c)s || 'alert')::uuid, 'low_battery', 'warning', md5(%(c)s || 'camera')::uuid, 'Low.');

insert into public.alert_thresholds (company_id, threshold_id, device_id, battery_warning_v)
values (md5(%(c)s)::uuid, md5(%(c)s || 'threshold')::uuid, md5(%(c)s || 'camera')::uuid, 3.5);

insert into public.notification_routes (company_id, route_id, name, channel, target)
values (md5(%(c)s)::uuid, md5(%(c)s || 'route')::uuid, 'Duty', 'email', 'duty@' || %(c)s || '.example');

insert into public.notifications (company_id, notification_id, alert_id, event, severity, title)
values (md5(%(c)s)::uuid, md5(%(c)s || 'notification')::uuid, md5(%(c)s || 'alert')::uuid, 'opened', 'warning', 'Low.');

insert into public.notification_reads (company_id, notification_id, user_id)
values (md5(%(c)s)::uuid, md5(%(c)s || 'notification')::uuid, md5(%(c)s || 'viewer')::uuid);

insert into public.notification_deliveries (company_id, delivery_id, route_id, alert_id, event, channel, payload)
values (md5(%(c)s)::uuid, md5(%(c)s || 'delivery')::uuid, md5(%(c)s || 'route')::uuid, md5(%(c)s || 'alert')::uuid, 'opened', 'email', '{}');

insert into public.notification_attempts (company_id, attempt_id, delivery_id, attempt, ok)
values (md5(%(c)s)::uuid, md5(%(c)s || 'attempt')::uuid, md5(%(c)s || 'delivery')::uuid, 1, true);

insert into public.experiments (company_id, experiment_id, name, python_code)
values (md5(%(c)s)::uuid, md5(%(c)s || 'experiment')::uuid, 'Experiment', 'pass');

insert into private.file_contents (company_id, sha256, content)
values (md5(%(c)s)::uuid, repeat('0', 64), '');

insert into public.experiment_files (company_id, experiment_id, path, sha256, size_bytes)
values (md5(%(c)s)::uuid, md5(%(c)s || 'experiment')::uuid, 'conditions.csv', repeat('0', 64), 0);

insert into public.experiment_deployments (
    company_id, deployment_id, experiment_id, device_id, experiment_version, python_code, script_sha256
)
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'deployment')::uuid, md5(%(c)s || 'experiment')::uuid, md5(%(c)s || 'rig')::uuid, 1, 'pass',
    repeat('0', 64)
);

insert into public.deployment_events (company_id, event_id, deployment_id, source, event, applied)
values (md5(%(c)s)::uuid, md5(%(c)s || 'event')::uuid, md5(%(c)s || 'deployment')::uuid, 'agent', 'running', true);

insert into public.trial_results (
    company_id, trial_id, deployment_id, device_id, seq, trial_number, started_at, ended_at, content_sha256
)
values (
    md5(%(c)s)::uuid, md5(%(c)s || 'trial')::uuid, md5(%(c)s || 'deployment')::uuid, md5(%(c)s || 'rig')::uuid, 1, 1,
    '2026-01-01 09:00+00', '2026-01-01 09:01+00', '\x00'
);

insert into public.device_logs (company_id, log_id, device_id, deployment_id, message)
values (md5(%(c)s)::uuid, md5(%(c)s || 'log')::uuid, md5(%(c)s || 'rig')::uuid, md5(%(c)s || 'deployment')::uuid, 'Line.');
