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
\ir time/cron_value.sql
\ir time/cron_field.sql
\ir time/cron_parse.sql
\ir time/cron_check.sql
\ir time/cron_is_valid.sql
\ir time/tz_is_valid.sql
\ir time/tz_shift_at.sql
\ir time/tz_segments.sql
\ir time/local_instant.sql
\ir time/local_day.sql
\ir time/local_date.sql
\ir time/fn_cron_occurrences.sql
\ir time/day_slots.sql
\ir time/fn_infer_wake_window_index.sql
\ir time/next_slots.sql
\ir time/next_wake.sql
\ir time/wake_time_text.sql
\ir time/preview_schedule.sql

-- devices
\ir edge/refusal_reason.sql
\ir edge/json_number.sql
\ir alerts/raise_alert.sql
\ir alerts/resolve_alert.sql
\ir alerts/check_battery.sql
\ir devices/resolve_macs.sql
\ir devices/note_pending.sql
\ir devices/send_to_camera.sql
\ir devices/plan_next_wake.sql
\ir devices/sleep_camera.sql
\ir edge/broker_generation.sql
\ir edge/bump_broker_generation.sql
\ir devices/canonical_mac.sql
\ir devices/pbkdf2_sha512.sql
\ir devices/mosquitto_hash.sql
\ir devices/verify_hash.sql
\ir devices/put_account.sql
\ir devices/camera_username.sql
\ir devices/create_camera_account.sql
\ir devices/create_fleet_account.sql
\ir devices/device_key.sql
\ir devices/put_rig_account.sql
\ir devices/is_online.sql
\ir devices/status.sql
\ir devices/touch_devices.sql
\ir devices/ingest_presence.sql
\ir devices/require_device.sql
\ir devices/sign_device_token.sql
\ir devices/device_auth.sql
\ir devices/device_heartbeat.sql
\ir devices/register_device.sql
\ir devices/create_enrolment_token.sql
\ir devices/rotate_device_key.sql
\ir devices/revoke_device.sql

-- sessions, wakes, images
\ir sessions/schedules_on.sql
\ir sessions/apply_schedule_changes.sql
\ir sessions/ensure_session.sql
\ir sessions/count_payloads.sql
\ir sessions/recount_session.sql
\ir sessions/recount_sessions.sql
\ir sessions/slot_of.sql
\ir sessions/completeness_band.sql
\ir alerts/raise_day_alerts.sql
\ir sessions/fn_midnight_session_opener.sql
\ir sessions/fn_midnight_session_opener_all.sql
\ir sessions/fn_end_of_day_locker.sql
\ir sessions/fn_end_of_day_locker_all.sql
\ir sessions/fn_verify_session_counters.sql
\ir sessions/guard_sessions.sql
\ir sessions/guard_timezones.sql
\ir devices/guard_device_schedules.sql
\ir schedules/guard_schedule_changes.sql
\ir sessions/set_session_device.sql
\ir schedules/request_schedule_change.sql
\ir devices/list_pending_devices.sql
\ir devices/map_device.sql
\ir devices/unmap_device.sql
\ir devices/wake_once.sql
\ir images/request_image_retry.sql
\ir wakes/capture_key.sql
\ir wakes/lock_cameras.sql
\ir wakes/touch_wakes.sql
\ir wakes/answer_wake.sql
\ir wakes/wake_finish.sql
\ir wakes/ask_image.sql
\ir wakes/wake_step.sql
\ir wakes/wake_settle.sql
\ir wakes/record_wake.sql
\ir images/check_transfers.sql
\ir images/open_transfer.sql
\ir images/lock_image.sql
\ir images/complete_image.sql
\ir images/fail_image.sql
\ir images/refuse_bytes.sql
\ir wakes/wake_hello.sql
\ir wakes/wake_metadata.sql
\ir wakes/ingest_hellos.sql
\ir wakes/ingest_metadata.sql
\ir images/ingest_chunks.sql
\ir images/claim_assembled_images.sql
\ir images/complete_images.sql
\ir wakes/fn_wake_ingestion_handler.sql
\ir images/fn_image_completion_handler.sql
\ir images/fn_image_failure_handler.sql
\ir images/fn_retry_by_id_handler.sql

-- experiments
\ir experiments/cut_text.sql
\ir experiments/guard_append_only.sql
\ir experiments/trial_current.sql
\ir experiments/refresh_completeness.sql
\ir experiments/data_ack.sql
\ir experiments/ingest_trials.sql
\ir experiments/ingest_logs.sql
\ir experiments/judge_run_reports.sql
\ir experiments/ingest_run_reports.sql
\ir experiments/purge_run.sql
\ir experiments/purge_logs.sql

-- edge
\ir edge/put_service_account.sql
\ir edge/mac_topics.sql
\ir edge/broker_files.sql
\ir edge/claim_outbox.sql
\ir edge/mark_published.sql
\ir edge/store_dead_letters.sql
\ir edge/list_dead_letters.sql

-- realtime
\ir realtime/live_message.sql
\ir realtime/emit_new_trials.sql
\ir realtime/emit_new_logs.sql
\ir realtime/emit_deployment_updates.sql
\ir realtime/emit_device_updates.sql
\ir realtime/emit_session_updates.sql
\ir realtime/emit_wake_updates.sql
\ir realtime/emit_alerts.sql

-- cron
\ir images/due_transfers.sql
\ir images/due_stale_transfers.sql
\ir images/purge_chunks.sql
\ir wakes/due_wakes.sql
\ir edge/purge_outbox.sql
\ir cron/run_due.sql
\ir cron/schedule.sql

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
\ir ../policies/realtime_messages.sql
\ir ../policies/storage_objects.sql

commit;
notify pgrst, 'reload schema';
