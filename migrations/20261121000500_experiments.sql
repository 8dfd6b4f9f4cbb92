-- Experiments, their deployments to rigs, and what comes back.
create table public.experiments (
    company_id uuid not null references public.companies (company_id),
    experiment_id uuid not null default private.new_id(),
    name text not null check (length(trim(name)) between 1 and 200),
    description text,
    version int not null default 1,
    python_code text,
    script_sha256 text generated always as (private.sha256_hex(python_code)) stored,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (company_id, experiment_id)
);
create unique index experiments_id_idx on public.experiments (experiment_id);
create index experiments_name_idx on public.experiments (company_id, name);
comment on table public.experiments is 'A script a rig can run.';
comment on column public.experiments.company_id is 'Owner.';
comment on column public.experiments.experiment_id is 'Key of the experiment.';
comment on column public.experiments.name is 'Display name.';
comment on column public.experiments.description is 'Free text.';
comment on column public.experiments.version is 'Raised by every change of the script.';
comment on column public.experiments.python_code is 'The script; null: not compiled yet.';
comment on column public.experiments.script_sha256 is 'Hex SHA-256 of python_code in UTF-8.';
comment on column public.experiments.created_by is 'Person who made it.';
comment on column public.experiments.created_at is 'When it was made.';
comment on column public.experiments.updated_at is 'Last change.';
comment on column public.experiments.archived_at is 'Set instead of deleting.';

create table public.experiment_deployments (
    company_id uuid not null,
    deployment_id uuid not null default private.new_id(),
    experiment_id uuid not null,
    device_id uuid not null,
    status text not null default 'pending'
    check (status in ('pending', 'acked', 'running', 'completed', 'failed', 'timed_out', 'cancelled')),
    completeness text not null default 'unknown' check (completeness in ('complete', 'gaps', 'early_exit', 'unknown')),
    reason_code text,
    experiment_version int not null,
    python_code text not null,
    script_sha256 text not null,
    params jsonb not null default '{}',
    subject_id text,
    timeout_s int not null default 7200 check (timeout_s between 1 and 86400),
    retry_of uuid,
    idempotency_key text,
    deployed_at timestamptz not null default now(),
    acked_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    ended_by text check (ended_by in ('agent', 'server', 'user')),
    cancel_requested_at timestamptz,
    error_log text,
    created_by uuid,
    updated_at timestamptz not null default now(),
    primary key (company_id, deployment_id),
    foreign key (company_id, experiment_id) references public.experiments (company_id, experiment_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    foreign key (company_id, retry_of) references public.experiment_deployments (company_id, deployment_id)
);
create unique index experiment_deployments_id_idx on public.experiment_deployments (deployment_id);
create unique index experiment_deployments_active_key on public.experiment_deployments (company_id, device_id)
where status in ('pending', 'acked', 'running');
create unique index experiment_deployments_idempotency_key on public.experiment_deployments (company_id, idempotency_key)
where idempotency_key is not null;
create index experiment_deployments_experiment_idx on public.experiment_deployments (company_id, experiment_id);
create index experiment_deployments_device_idx on public.experiment_deployments (company_id, device_id, deployed_at desc);
create index experiment_deployments_deployed_idx on public.experiment_deployments (company_id, deployed_at desc);
create index experiment_deployments_retry_idx on public.experiment_deployments (company_id, retry_of);
comment on table public.experiment_deployments is 'One run of an experiment on a rig; script, parameters and subject are frozen at deploy.';
comment on column public.experiment_deployments.company_id is 'Owner.';
comment on column public.experiment_deployments.deployment_id is 'Key of the run.';
comment on column public.experiment_deployments.experiment_id is 'What is run.';
comment on column public.experiment_deployments.device_id is 'The rig.';
comment on column public.experiment_deployments.status is 'The process: pending, acked, running, then completed, failed, timed_out or cancelled.';
comment on column public.experiment_deployments.completeness is 'The data: complete, gaps, early_exit or unknown.';
comment on column public.experiment_deployments.reason_code is 'Why it ended as it did.';
comment on column public.experiment_deployments.experiment_version is 'Version of the experiment at deploy.';
comment on column public.experiment_deployments.python_code is 'The script as deployed.';
comment on column public.experiment_deployments.script_sha256 is 'Hex SHA-256 of the script; the agent checks it.';
comment on column public.experiment_deployments.params is 'Parameters of the start dialog.';
comment on column public.experiment_deployments.subject_id is 'Who or what takes part.';
comment on column public.experiment_deployments.timeout_s is 'Longest run, s.';
comment on column public.experiment_deployments.retry_of is 'The run this one repeats.';
comment on column public.experiment_deployments.idempotency_key is 'Idempotency-Key of the request that made it.';
comment on column public.experiment_deployments.deployed_at is 'When a person asked for it.';
comment on column public.experiment_deployments.acked_at is 'When the agent accepted it.';
comment on column public.experiment_deployments.started_at is 'When it began to run.';
comment on column public.experiment_deployments.completed_at is 'When it ended.';
comment on column public.experiment_deployments.ended_by is 'Who reported the end; one that the server inferred may be replaced once by the agent''s own report.';
comment on column public.experiment_deployments.cancel_requested_at is 'When a person asked to stop it.';
comment on column public.experiment_deployments.error_log is 'Last 16 KiB of the script''s error output.';
comment on column public.experiment_deployments.created_by is 'Person who deployed it.';
comment on column public.experiment_deployments.updated_at is 'Last change.';

create table public.deployment_events (
    company_id uuid not null,
    event_id uuid not null default private.new_id(),
    deployment_id uuid not null,
    source text not null check (source in ('agent', 'server', 'user')),
    event text not null,
    reason_code text,
    applied boolean not null,
    details jsonb not null default '{}',
    at timestamptz,
    received_at timestamptz not null default now(),
    primary key (company_id, event_id),
    foreign key (company_id, deployment_id) references public.experiment_deployments (company_id, deployment_id)
);
create index deployment_events_deployment_idx on public.deployment_events (company_id, deployment_id, received_at);
comment on table public.deployment_events is 'Every report about a run, applied or not.';
comment on column public.deployment_events.company_id is 'Owner.';
comment on column public.deployment_events.event_id is 'Key of the event.';
comment on column public.deployment_events.deployment_id is 'The run.';
comment on column public.deployment_events.source is 'agent, server or user.';
comment on column public.deployment_events.event is 'What was reported: acked, running, completed, failed, timed_out, cancelled, stop, cancel_requested.';
comment on column public.deployment_events.reason_code is 'Reason given.';
comment on column public.deployment_events.applied is 'False: the report was kept and changed nothing.';
comment on column public.deployment_events.details is 'The report as sent.';
comment on column public.deployment_events.at is 'Time the device gave.';
comment on column public.deployment_events.received_at is 'Server time.';

create table public.trial_results (
    company_id uuid not null,
    trial_id uuid not null default private.new_id(),
    deployment_id uuid not null,
    device_id uuid not null,
    seq bigint check (seq >= 1),
    rev int not null default 1 check (rev >= 1),
    kind text not null default 'trial' check (kind in ('trial', 'entry')),
    trial_number int not null check (trial_number >= 0),
    started_at timestamptz not null,
    ended_at timestamptz not null,
    response jsonb,
    reaction_time double precision,
    correct boolean,
    custom_data jsonb,
    partial boolean not null default false,
    late boolean not null default false,
    flags text[] not null default '{}',
    boot_id text,
    content_sha256 bytea not null,
    received_at timestamptz not null default now(),
    primary key (company_id, trial_id),
    foreign key (company_id, deployment_id) references public.experiment_deployments (company_id, deployment_id) on delete restrict,
    foreign key (company_id, device_id) references public.devices (company_id, device_id) on delete restrict
);
create unique index trial_results_seq_key on public.trial_results (company_id, deployment_id, seq, rev);
create unique index trial_results_content_key on public.trial_results (company_id, deployment_id, content_sha256) where seq is null;
create index trial_results_device_idx on public.trial_results (company_id, device_id);
create index trial_results_deployment_idx on public.trial_results (company_id, deployment_id, trial_number, seq);
comment on table public.trial_results is 'What a rig measured: append only. A correction is a higher rev; trial_current shows the newest.';
comment on column public.trial_results.company_id is 'Owner.';
comment on column public.trial_results.trial_id is 'Key of the row.';
comment on column public.trial_results.deployment_id is 'The run.';
comment on column public.trial_results.device_id is 'The rig.';
comment on column public.trial_results.seq is 'Number given by the agent, 1..n in a run; null from agents that know only the seeds.';
comment on column public.trial_results.rev is 'Revision of the entry, from 1.';
comment on column public.trial_results.kind is 'trial: a row of a loop; entry: any other row of the data file.';
comment on column public.trial_results.trial_number is 'Number the script gave; may repeat across blocks.';
comment on column public.trial_results.started_at is 'Begin of the trial.';
comment on column public.trial_results.ended_at is 'End of the trial.';
comment on column public.trial_results.response is 'Response as the script gave it.';
comment on column public.trial_results.reaction_time is 'Reaction time, ms; negative: anticipation.';
comment on column public.trial_results.correct is 'Whether the response was right.';
comment on column public.trial_results.custom_data is 'Everything else of the row.';
comment on column public.trial_results.partial is 'Half-filled entry at the end of a run.';
comment on column public.trial_results.late is 'Arrived after the run had ended.';
comment on column public.trial_results.flags is 'What was odd: time_without_zone, negative_reaction_time.';
comment on column public.trial_results.boot_id is 'Boot of the rig that measured it.';
comment on column public.trial_results.content_sha256 is 'Hash of the canonical content; tells a repeat from a conflict.';
comment on column public.trial_results.received_at is 'Server time.';

create table public.device_logs (
    company_id uuid not null,
    log_id uuid not null default private.new_id(),
    device_id uuid not null,
    deployment_id uuid,
    level text not null default 'INFO' check (level in ('DEBUG', 'INFO', 'WARNING', 'ERROR')),
    message text not null,
    line_no bigint,
    stream text,
    context jsonb not null default '{}',
    boot_id text,
    created_at timestamptz not null default now(),
    received_at timestamptz not null default now(),
    primary key (company_id, log_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id) on delete restrict,
    foreign key (company_id, deployment_id) references public.experiment_deployments (company_id, deployment_id) on delete restrict
);
create unique index device_logs_line_key on public.device_logs (company_id, deployment_id, line_no)
where deployment_id is not null and line_no is not null;
create index device_logs_device_idx on public.device_logs (company_id, device_id, created_at desc);
create index device_logs_deployment_idx on public.device_logs (company_id, deployment_id, created_at desc) where deployment_id is not null;
comment on table public.device_logs is 'Lines a rig or its scripts wrote: append only.';
comment on column public.device_logs.company_id is 'Owner.';
comment on column public.device_logs.log_id is 'Key of the line.';
comment on column public.device_logs.device_id is 'The rig.';
comment on column public.device_logs.deployment_id is 'The run, where the line belongs to one.';
comment on column public.device_logs.level is 'DEBUG, INFO, WARNING or ERROR.';
comment on column public.device_logs.message is 'The line, at most 8 KiB.';
comment on column public.device_logs.line_no is 'Number given by the agent; a repeat is one line.';
comment on column public.device_logs.stream is 'stdout, stderr or agent.';
comment on column public.device_logs.context is 'Extra fields; raw_level where the level was unknown.';
comment on column public.device_logs.boot_id is 'Boot of the rig that wrote it.';
comment on column public.device_logs.created_at is 'Time the device gave, else server time.';
comment on column public.device_logs.received_at is 'Server time.';

create table private.deployment_streams (
    company_id uuid not null,
    deployment_id uuid not null,
    have int8multirange not null default '{}',
    received bigint not null default 0,
    duplicates bigint not null default 0,
    conflicts bigint not null default 0,
    last_trial_at timestamptz,
    primary key (company_id, deployment_id),
    foreign key (company_id, deployment_id) references public.experiment_deployments (company_id, deployment_id)
);
comment on table private.deployment_streams is 'Which seq of a run are stored (have): data/ack is built from it without reading the trials again.';
