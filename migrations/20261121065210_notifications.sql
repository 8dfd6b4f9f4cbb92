-- Who is told of alerts: routes of a company, what is to be delivered (an outbox), every attempt, and what people read in the application.
create table public.notification_routes (
    company_id uuid not null references public.companies (company_id),
    route_id uuid not null default private.new_id(),
    name text not null check (length(trim(name)) between 1 and 200),
    channel text not null check (channel in ('in_app', 'email', 'webhook')),
    target text,
    min_severity text not null default 'warning' check (min_severity in ('warning', 'error', 'critical')),
    alert_types text[] check (cardinality(alert_types) > 0),
    is_active boolean not null default true,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (company_id, route_id),
    constraint notification_routes_target check (
        case channel
            when 'in_app' then target is null
            when 'email' then coalesce(target ~ '^[^\s@<>,;"[:cntrl:]]{1,64}@[A-Za-z0-9.-]{1,190}$', false)
            else coalesce(target ~ '^https?://[^\s/@[:cntrl:]]+(/[^\s[:cntrl:]]*)?$' and length(target) <= 2000, false)
        end
    )
);
create index notification_routes_live_idx on public.notification_routes (company_id) where archived_at is null;
comment on table public.notification_routes is 'Where a company''s alerts go. Without an in_app route everything is shown in the application.';
comment on column public.notification_routes.company_id is 'Owner.';
comment on column public.notification_routes.route_id is 'Key of the route.';
comment on column public.notification_routes.name is 'Display name.';
comment on column public.notification_routes.channel is 'in_app, email or webhook.';
comment on column public.notification_routes.target is 'Address, or URL (http or https, no user in it); null for in_app.';
comment on column public.notification_routes.min_severity is 'Lowest severity that is told.';
comment on column public.notification_routes.alert_types is 'Types that are told; null: all.';
comment on column public.notification_routes.is_active is 'False: paused.';
comment on column public.notification_routes.created_by is 'Who made it.';
comment on column public.notification_routes.created_at is 'When it was made.';
comment on column public.notification_routes.updated_at is 'Last change.';
comment on column public.notification_routes.archived_at is 'Set instead of deleting.';

create table private.notification_secrets (
    company_id uuid not null,
    route_id uuid not null,
    secret text not null,
    created_at timestamptz not null default now(),
    primary key (company_id, route_id),
    foreign key (company_id, route_id) references public.notification_routes (company_id, route_id)
);
comment on table private.notification_secrets is 'HMAC secrets of webhook routes; told once, when the route is made.';

create table public.notifications (
    company_id uuid not null,
    notification_id uuid not null default private.new_id(),
    alert_id uuid not null,
    event text not null check (event in ('opened', 'escalated', 'resolved')),
    severity text not null check (severity in ('warning', 'error', 'critical')),
    title text not null,
    created_at timestamptz not null default now(),
    primary key (company_id, notification_id),
    foreign key (company_id, alert_id) references public.device_alerts (company_id, alert_id) on delete cascade
);
create index notifications_created_idx on public.notifications (company_id, created_at desc);
create index notifications_alert_idx on public.notifications (company_id, alert_id);
create index notifications_age_idx on public.notifications (created_at);
comment on table public.notifications is 'What a company''s people are shown in the application; kept 90 days.';
comment on column public.notifications.company_id is 'Owner.';
comment on column public.notifications.notification_id is 'Key of the notification.';
comment on column public.notifications.alert_id is 'The alert.';
comment on column public.notifications.event is 'opened, escalated or resolved.';
comment on column public.notifications.severity is 'Severity of the alert then.';
comment on column public.notifications.title is 'One line.';
comment on column public.notifications.created_at is 'When it happened.';

create table public.notification_reads (
    company_id uuid not null,
    notification_id uuid not null,
    user_id uuid not null,
    read_at timestamptz not null default now(),
    primary key (company_id, notification_id, user_id),
    foreign key (company_id, notification_id) references public.notifications (company_id, notification_id) on delete cascade
);
create index notification_reads_user_idx on public.notification_reads (user_id);
comment on table public.notification_reads is 'Who has read what; people see and write their own marks, through mark_notifications_read.';
comment on column public.notification_reads.company_id is 'Owner.';
comment on column public.notification_reads.notification_id is 'The notification.';
comment on column public.notification_reads.user_id is 'The person.';
comment on column public.notification_reads.read_at is 'When.';

create table public.notification_deliveries (
    company_id uuid not null,
    delivery_id uuid not null default private.new_id(),
    route_id uuid not null,
    alert_id uuid not null,
    event text not null check (event in ('opened', 'escalated', 'resolved')),
    channel text not null check (channel in ('email', 'webhook')),
    payload jsonb not null,
    status text not null default 'queued' check (status in ('queued', 'delivered', 'failed')),
    attempts int not null default 0,
    not_before timestamptz not null default now(),
    claimed_until timestamptz,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (company_id, delivery_id),
    foreign key (company_id, route_id) references public.notification_routes (company_id, route_id),
    foreign key (company_id, alert_id) references public.device_alerts (company_id, alert_id) on delete cascade
);
create unique index notification_deliveries_id_idx on public.notification_deliveries (delivery_id);
create index notification_deliveries_due_idx on public.notification_deliveries (not_before) where status = 'queued';
create index notification_deliveries_route_idx on public.notification_deliveries (company_id, route_id);
create index notification_deliveries_alert_idx on public.notification_deliveries (company_id, alert_id);
create index notification_deliveries_created_idx on public.notification_deliveries (company_id, created_at desc);
create index notification_deliveries_age_idx on public.notification_deliveries (created_at);
comment on table public.notification_deliveries is 'The outbox of e-mails and webhooks: written with the alert, delivered afterwards at least once; kept 90 days.';
comment on column public.notification_deliveries.company_id is 'Owner.';
comment on column public.notification_deliveries.delivery_id is 'Key of the delivery; the receiver''s key against doubles.';
comment on column public.notification_deliveries.route_id is 'The route.';
comment on column public.notification_deliveries.alert_id is 'The alert.';
comment on column public.notification_deliveries.event is 'opened, escalated or resolved.';
comment on column public.notification_deliveries.channel is 'email or webhook.';
comment on column public.notification_deliveries.payload is 'What is sent: the alert as it was then.';
comment on column public.notification_deliveries.status is 'queued, delivered or failed (given up).';
comment on column public.notification_deliveries.attempts is 'Attempts so far.';
comment on column public.notification_deliveries.not_before is 'Next attempt.';
comment on column public.notification_deliveries.claimed_until is 'A deliverer is at it until then.';
comment on column public.notification_deliveries.created_at is 'When it was queued.';
comment on column public.notification_deliveries.finished_at is 'When it was delivered or given up.';

create table public.notification_attempts (
    company_id uuid not null,
    attempt_id uuid not null default private.new_id(),
    delivery_id uuid not null,
    attempt int not null,
    at timestamptz not null default now(),
    ok boolean not null,
    response_code int,
    error text,
    primary key (company_id, attempt_id),
    foreign key (company_id, delivery_id) references public.notification_deliveries (company_id, delivery_id) on delete cascade
);
create index notification_attempts_delivery_idx on public.notification_attempts (company_id, delivery_id, attempt);
comment on table public.notification_attempts is 'Every attempt of a delivery and what came back.';
comment on column public.notification_attempts.company_id is 'Owner.';
comment on column public.notification_attempts.attempt_id is 'Key of the attempt.';
comment on column public.notification_attempts.delivery_id is 'The delivery.';
comment on column public.notification_attempts.attempt is 'Number of the attempt, from 1.';
comment on column public.notification_attempts.at is 'When.';
comment on column public.notification_attempts.ok is 'Whether the receiver took it.';
comment on column public.notification_attempts.response_code is 'HTTP status or SMTP reply; null: none came.';
comment on column public.notification_attempts.error is 'What went wrong; no addresses or secrets.';
