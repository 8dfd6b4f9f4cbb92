-- The one ordered manifest of the code: functions, views, triggers, policies. psql -f sql/apply.sql, as often as one likes.
\set ON_ERROR_STOP on
set client_min_messages = warning;
begin;

-- errors
\ir errors/error_codes.sql
\ir errors/fail.sql

-- auth (emit first: switching the company tells the live engine)
\ir realtime/emit.sql
\ir auth/get_active_company_id.sql
\ir auth/has_role.sql
\ir auth/require_role.sql
\ir auth/is_super_admin.sql
\ir auth/set_active_company_context.sql
\ir auth/list_companies.sql
\ir auth/custom_access_token_hook.sql
\ir realtime/can_read_topic.sql

-- time

-- devices

-- sessions, wakes, images

-- experiments

-- edge

-- realtime

-- cron

-- policies
\ir ../policies/companies.sql
\ir ../policies/users.sql
\ir ../policies/user_active_company_context.sql
\ir ../policies/audit_log.sql
\ir ../policies/pilot_programs.sql
\ir ../policies/sites.sql
\ir ../policies/devices.sql
\ir ../policies/device_schedule_changes.sql
\ir ../policies/device_commands.sql
\ir ../policies/site_device_sessions.sql
\ir ../policies/site_session_devices.sql
\ir ../policies/device_wake_payloads.sql
\ir ../policies/device_images.sql
\ir ../policies/petri_observations.sql
\ir ../policies/device_alerts.sql
\ir ../policies/experiments.sql
\ir ../policies/experiment_deployments.sql
\ir ../policies/deployment_events.sql
\ir ../policies/trial_results.sql
\ir ../policies/device_logs.sql
\ir ../policies/device_error_codes.sql
\ir ../policies/private.sql

commit;
notify pgrst, 'reload schema';
