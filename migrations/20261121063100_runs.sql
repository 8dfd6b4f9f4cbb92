-- The server's half of a run's life: what is uploaded, which command belongs to which run, and what heartbeats miss.
alter table public.experiments
add column source_kind text not null default 'py',
add column source_text text,
add column source_sha256 text generated always as (private.sha256_hex(source_text)) stored,
add column compile_status text,
add column compile_error text;
alter table public.experiments
add constraint experiments_source_kind_check check (source_kind in ('py', 'psyexp')),
add constraint experiments_compile_status_check check (compile_status in ('pending', 'compiled', 'failed')),
add constraint experiments_python_code_check check (octet_length(python_code) <= 1048576),
add constraint experiments_source_text_check check (octet_length(source_text) <= 1048576);
comment on column public.experiments.source_kind is 'py: python_code is what was uploaded; psyexp: source_text is, and python_code comes from the compiler.';
comment on column public.experiments.source_text is 'The .psyexp file as uploaded.';
comment on column public.experiments.source_sha256 is 'Hex SHA-256 of source_text in UTF-8.';
comment on column public.experiments.compile_status is 'pending, compiled or failed; null where nothing is to be compiled.';
comment on column public.experiments.compile_error is 'What the compiler said when it failed.';

alter table public.experiment_deployments
add constraint experiment_deployments_params_check check (jsonb_typeof(params) = 'object'),
add constraint experiment_deployments_reason_code_check check (reason_code in (
    'agent_busy', 'command_expired', 'fetch_failed', 'hash_mismatch', 'spawn_failed', 'nonzero_exit', 'signal', 'agent_restarted',
    'host_rebooted', 'heartbeat_lost', 'ack_timeout', 'start_timeout', 'wall_timeout', 'server_backstop', 'operator', 'superseded'
));
alter table public.deployment_events
add constraint deployment_events_reason_code_check check (reason_code in (
    'agent_busy', 'command_expired', 'fetch_failed', 'hash_mismatch', 'spawn_failed', 'nonzero_exit', 'signal', 'agent_restarted',
    'host_rebooted', 'heartbeat_lost', 'ack_timeout', 'start_timeout', 'wall_timeout', 'server_backstop', 'operator', 'superseded'
));
comment on column public.experiment_deployments.idempotency_key is 'Idempotency-Key of the request that made it; forgotten when it is used again after 24 h.';
comment on column public.deployment_events.event is
'What was reported: deployed, acked, running, completed, failed, timed_out, cancelled, cancel_requested; stop: the answer to a stop.';

alter table public.device_commands add column deployment_id uuid;
alter table public.device_commands
add constraint device_commands_deployment_fkey foreign key (company_id, deployment_id)
references public.experiment_deployments (company_id, deployment_id);
create index device_commands_deployment_idx on public.device_commands (company_id, deployment_id);
create index device_commands_rig_idx on public.device_commands (created_at)
where command in ('run', 'stop') and status in ('queued', 'published');
comment on column public.device_commands.deployment_id is 'The run that a run or stop command is about.';
comment on column public.device_commands.attempts is 'How often it was given to the outbox.';

alter table private.mqtt_outbox add column command_id uuid;
create index mqtt_outbox_command_idx on private.mqtt_outbox (command_id) where command_id is not null;
comment on column private.mqtt_outbox.command_id is 'The command a message carries; null for answers.';

create table private.run_absences (
    company_id uuid not null,
    deployment_id uuid not null,
    boot_id text not null,
    heartbeats int not null,
    last_at timestamptz not null,
    primary key (company_id, deployment_id),
    foreign key (company_id, deployment_id) references public.experiment_deployments (company_id, deployment_id)
);
comment on table private.run_absences is 'Running runs that their rig''s heartbeats did not name, in a row and in one boot; two are an orphan.';
comment on column private.run_absences.company_id is 'Owner.';
comment on column private.run_absences.deployment_id is 'The run.';
comment on column private.run_absences.boot_id is 'Boot of those heartbeats; empty: they named none.';
comment on column private.run_absences.heartbeats is 'How many in a row.';
comment on column private.run_absences.last_at is 'Server time of the last one.';
