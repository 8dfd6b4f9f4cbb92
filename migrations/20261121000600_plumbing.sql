-- Alerts, and the platform's own tables: dead letters, outbox, job runs.
create table public.device_alerts (
    company_id uuid not null references public.companies (company_id),
    alert_id uuid not null default private.new_id(),
    alert_type text not null check (alert_type in (
        'missed_wake', 'high_failure_rate', 'low_battery', 'image_transmission_failed', 'device_offline', 'low_completeness',
        'deployment_failed', 'clock_invalid', 'temperature_max', 'temperature_min', 'humidity_max', 'humidity_min', 'use_own_account'
    )),
    severity text not null check (severity in ('warning', 'error', 'critical')),
    status text not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
    subject_id uuid not null,
    device_id uuid,
    site_id uuid,
    session_id uuid,
    image_id uuid,
    deployment_id uuid,
    message text not null,
    details jsonb not null default '{}',
    occurrence_count int not null default 1,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    resolved_at timestamptz,
    resolved_by uuid,
    comment text,
    primary key (company_id, alert_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    foreign key (company_id, site_id) references public.sites (company_id, site_id),
    foreign key (company_id, session_id) references public.site_device_sessions (company_id, session_id),
    foreign key (company_id, image_id) references public.device_images (company_id, image_id),
    foreign key (company_id, deployment_id) references public.experiment_deployments (company_id, deployment_id)
);
create unique index device_alerts_open_key on public.device_alerts (company_id, alert_type, subject_id) where status <> 'resolved';
create index device_alerts_last_seen_idx on public.device_alerts (company_id, last_seen_at desc);
create index device_alerts_device_idx on public.device_alerts (company_id, device_id);
create index device_alerts_site_idx on public.device_alerts (company_id, site_id);
create index device_alerts_session_idx on public.device_alerts (company_id, session_id);
create index device_alerts_image_idx on public.device_alerts (company_id, image_id);
create index device_alerts_deployment_idx on public.device_alerts (company_id, deployment_id);
comment on table public.device_alerts is 'What somebody should look at. One open alert per company, type and subject; a repeat raises its count.';
comment on column public.device_alerts.company_id is 'Owner.';
comment on column public.device_alerts.alert_id is 'Key of the alert.';
comment on column public.device_alerts.alert_type is 'What kind of trouble.';
comment on column public.device_alerts.severity is 'warning, error or critical.';
comment on column public.device_alerts.status is 'open, acknowledged or resolved.';
comment on column public.device_alerts.subject_id is 'What it is about: a device, a site or an image.';
comment on column public.device_alerts.device_id is 'The device, where there is one.';
comment on column public.device_alerts.site_id is 'The site, where there is one.';
comment on column public.device_alerts.session_id is 'The site day, where there is one.';
comment on column public.device_alerts.image_id is 'The image, where there is one.';
comment on column public.device_alerts.deployment_id is 'The run, where there is one.';
comment on column public.device_alerts.message is 'One sentence.';
comment on column public.device_alerts.details is 'Figures behind it.';
comment on column public.device_alerts.occurrence_count is 'How often it has happened since it was opened.';
comment on column public.device_alerts.first_seen_at is 'First time.';
comment on column public.device_alerts.last_seen_at is 'Last time.';
comment on column public.device_alerts.acknowledged_at is 'When a person took it.';
comment on column public.device_alerts.acknowledged_by is 'Who took it.';
comment on column public.device_alerts.resolved_at is 'When it ended.';
comment on column public.device_alerts.resolved_by is 'Who ended it; null: the cause itself.';
comment on column public.device_alerts.comment is 'What a person wrote.';

create table private.mqtt_dead_letters (
    dead_letter_id uuid not null default private.new_id(),
    topic text not null,
    payload bytea not null check (length(payload) <= 65536),
    payload_bytes int not null,
    reason text not null check (reason in (
        'not_json', 'not_object', 'too_large', 'bad_topic', 'missing_field', 'bad_type', 'bad_time', 'not_finite', 'bad_unicode',
        'unknown_device', 'unknown_deployment', 'device_mismatch', 'too_deep', 'empty_batch', 'conflict', 'internal'
    )),
    detail text,
    company_id uuid,
    device_id uuid,
    received_at timestamptz not null default now(),
    replayed_at timestamptz,
    primary key (dead_letter_id)
);
create index mqtt_dead_letters_received_idx on private.mqtt_dead_letters (received_at desc);
create index mqtt_dead_letters_company_idx on private.mqtt_dead_letters (company_id, received_at desc);
comment on table private.mqtt_dead_letters is
'Messages that made no row: topic, the first 64 KiB of the payload, its whole length, the reason. They can be replayed.';

create table private.mqtt_outbox (
    outbox_id bigint generated always as identity,
    company_id uuid,
    device_id uuid,
    topic text not null,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    not_before timestamptz not null default now(),
    expires_at timestamptz,
    claimed_until timestamptz,
    attempts int not null default 0,
    published_at timestamptz,
    primary key (outbox_id)
);
create index mqtt_outbox_due_idx on private.mqtt_outbox (outbox_id) where published_at is null;
create index mqtt_outbox_published_idx on private.mqtt_outbox (published_at) where published_at is not null;
comment on table private.mqtt_outbox is 'Every message to a device, written in the transaction that decided it; published afterwards by the edge, at least once.';

create table private.job_runs (
    job_run_id uuid not null default private.new_id(),
    job text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    ok boolean,
    counts jsonb not null default '{}',
    error text,
    primary key (job_run_id)
);
create index job_runs_job_idx on private.job_runs (job, started_at desc);
comment on table private.job_runs is 'One row per run of a job that had something to do, or failed: with counts.';

create table private.error_codes (
    code text not null check (code ~ '^L[0-9A-Z]{4}$'),
    name text not null unique check (name ~ '^[a-z_]+$'),
    http_status int not null check (http_status between 400 and 599),
    message text not null,
    hint text not null,
    primary key (code)
);
comment on table private.error_codes is 'Our errors: SQLSTATE, name, HTTP status, sentence, advice. docs/ERROR_CODES.md is checked against it.';
