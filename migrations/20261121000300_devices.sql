-- Devices and what surrounds them: directory, credentials, schedules, commands, alerts.
create table public.devices (
    company_id uuid not null references public.companies (company_id),
    device_id uuid not null default private.new_id(),
    device_mac text not null check (device_mac ~ '^([0-9A-F]{12}|(TEST-|SYSTEM:|VIRTUAL:)[^/+#[:space:][:cntrl:]]{1,64})$'),
    name text not null check (length(trim(name)) between 1 and 200),
    kind text not null check (kind in ('camera', 'rig')),
    site_id uuid,
    wake_schedule_cron text,
    backlog_strategy text check (backlog_strategy in ('list', 'names', 'captures')),
    next_wake_at timestamptz,
    last_seen_at timestamptz,
    last_will_at timestamptz,
    boot_id text,
    battery_voltage double precision,
    wifi_rssi double precision,
    firmware_version text,
    hardware_version text,
    agent_version text,
    is_active boolean not null default true,
    mapped_at timestamptz,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (company_id, device_id),
    unique (company_id, device_mac),
    foreign key (company_id, site_id) references public.sites (company_id, site_id)
);
create unique index devices_id_idx on public.devices (device_id);
create index devices_site_idx on public.devices (company_id, site_id);
-- A message names a MAC and no company.
create index devices_mac_idx on public.devices (device_mac) where archived_at is null;
comment on table public.devices is 'A camera or a rig of a company. Unmapped MACs are in private.device_directory only.';
comment on column public.devices.company_id is 'Owner.';
comment on column public.devices.device_id is 'Key; a rig''s MQTT id.';
comment on column public.devices.device_mac is 'Canonical MAC: 12 hex digits, upper case; or an id that begins TEST-, SYSTEM: or VIRTUAL:.';
comment on column public.devices.name is 'Display name.';
comment on column public.devices.kind is 'camera or rig.';
comment on column public.devices.site_id is 'The site the device is mapped to; null: none.';
comment on column public.devices.wake_schedule_cron is 'Five cron fields in the site''s zone; checked on write (invalid_cron).';
comment on column public.devices.backlog_strategy is 'How a camera empties its queue: list, names or captures; null: decided per wake.';
comment on column public.devices.next_wake_at is 'The next wake, as computed and told to the camera.';
comment on column public.devices.last_seen_at is 'Server time of the last message.';
comment on column public.devices.last_will_at is 'Server time of the last will (offline) of a rig.';
comment on column public.devices.boot_id is 'Boot id a rig last reported.';
comment on column public.devices.battery_voltage is 'Last battery voltage, V.';
comment on column public.devices.wifi_rssi is 'Last Wi-Fi signal, dBm.';
comment on column public.devices.firmware_version is 'Firmware the camera last reported.';
comment on column public.devices.hardware_version is 'Hardware the camera last reported.';
comment on column public.devices.agent_version is 'Agent version the rig last reported.';
comment on column public.devices.is_active is 'False: expected nowhere; its messages are still kept.';
comment on column public.devices.mapped_at is 'When it was mapped to its present site.';
comment on column public.devices.created_by is 'Person who registered or mapped it.';
comment on column public.devices.created_at is 'When the row was made.';
comment on column public.devices.updated_at is 'Last change of any column.';
comment on column public.devices.archived_at is 'Set when the device is retired; its history is kept.';

create table private.device_directory (
    device_mac text not null,
    company_id uuid references public.companies (company_id),
    device_id uuid,
    topic_prefix text,
    topic_id text,
    hello jsonb,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    seen_on_enrolment_at timestamptz,
    primary key (device_mac),
    foreign key (company_id, device_id) references public.devices (company_id, device_id)
);
create index device_directory_device_idx on private.device_directory (company_id, device_id);
create index device_directory_pending_idx on private.device_directory (last_seen_at desc) where device_id is null;
comment on table private.device_directory is
'The one global directory: which company and device a MAC is. A row without a device is a pending device. topic_prefix and topic_id: as the device last wrote them.';

create table private.credentials (
    username text not null,
    company_id uuid references public.companies (company_id),
    device_id uuid,
    kind text not null check (kind in ('rig', 'camera', 'fleet', 'edge', 'enrol')),
    public_id text unique,
    password_hash text not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    primary key (username),
    foreign key (company_id, device_id) references public.devices (company_id, device_id)
);
create index credentials_device_idx on private.credentials (company_id, device_id);
comment on table private.credentials is
'Broker accounts and device keys. password_hash: PBKDF2-SHA512 in the form Mosquitto stores ($7$iterations$salt$hash). public_id: the middle part of a device key.';

create table private.broker_generation (
    singleton boolean not null default true check (singleton),
    generation bigint not null default 1,
    primary key (singleton)
);
insert into private.broker_generation default values;
comment on table private.broker_generation is 'Raised by every change of credentials or MACs; the edge rewrites Mosquitto''s files when it moves.';

create table private.signing_key (
    kid text not null,
    secret text not null,
    is_current boolean not null default true,
    created_at timestamptz not null default now(),
    primary key (kid)
);
comment on table private.signing_key is 'HS256 keys that sign device tokens; the same keys stand in PostgREST''s JWKS.';

create table private.enrolment_tokens (
    company_id uuid not null references public.companies (company_id),
    token_id uuid not null default private.new_id(),
    token_sha256 bytea not null unique,
    created_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by_device_id uuid,
    primary key (company_id, token_id)
);
comment on table private.enrolment_tokens is 'Single-use tokens with which a rig registers itself. Only the hash is kept.';

create table public.device_schedule_changes (
    company_id uuid not null,
    change_id uuid not null default private.new_id(),
    device_id uuid not null,
    new_wake_schedule_cron text,
    requested_at timestamptz not null default now(),
    requested_by uuid,
    effective_date date not null,
    superseded_at timestamptz,
    applied_at timestamptz,
    applied_by_function text,
    primary key (company_id, change_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id)
);
create index device_schedule_changes_due_idx on public.device_schedule_changes (company_id, device_id, effective_date)
where applied_at is null and superseded_at is null;
create index device_schedule_changes_device_idx on public.device_schedule_changes (company_id, device_id, requested_at desc);
comment on table public.device_schedule_changes is 'Queue of schedule changes; effective at the site''s midnight, the last request for a day wins.';
comment on column public.device_schedule_changes.company_id is 'Owner.';
comment on column public.device_schedule_changes.change_id is 'Key of the change.';
comment on column public.device_schedule_changes.device_id is 'The device.';
comment on column public.device_schedule_changes.new_wake_schedule_cron is 'The new schedule, five cron fields in the site''s zone; null: no schedule.';
comment on column public.device_schedule_changes.requested_at is 'When it was asked for.';
comment on column public.device_schedule_changes.requested_by is 'The person who asked.';
comment on column public.device_schedule_changes.effective_date is 'Local date of the site from whose midnight it counts.';
comment on column public.device_schedule_changes.superseded_at is 'Set when a later request for the same device and day replaced it.';
comment on column public.device_schedule_changes.applied_at is 'When it was applied; never undone.';
comment on column public.device_schedule_changes.applied_by_function is 'The job that applied it.';

create table public.device_commands (
    company_id uuid not null,
    command_id uuid not null default private.new_id(),
    device_id uuid not null,
    command text not null
    check (command in ('capture_image', 'send_image', 'send_all_pending', 'next_wake', 'ping', 'reboot', 'run', 'stop')),
    payload jsonb not null default '{}',
    status text not null default 'queued'
    check (status in ('queued', 'published', 'acknowledged', 'done', 'expired', 'superseded', 'failed')),
    attempts int not null default 0,
    requested_by uuid,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    acknowledged_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    primary key (company_id, command_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id)
);
create index device_commands_open_idx on public.device_commands (company_id, device_id, created_at)
where status in ('queued', 'published');
create index device_commands_device_idx on public.device_commands (company_id, device_id, created_at desc);
comment on table public.device_commands is 'Commands of people and jobs to devices, with their life cycle. A camera''s wait for its next HELLO.';
comment on column public.device_commands.company_id is 'Owner.';
comment on column public.device_commands.command_id is 'Key; a rig''s command carries it.';
comment on column public.device_commands.device_id is 'The device.';
comment on column public.device_commands.command is 'What to do.';
comment on column public.device_commands.payload is 'Arguments of the command, as it goes on the wire.';
comment on column public.device_commands.status is 'queued, published, acknowledged, done; or expired, superseded, failed.';
comment on column public.device_commands.attempts is 'How often it was published.';
comment on column public.device_commands.requested_by is 'The person; null: the platform.';
comment on column public.device_commands.created_at is 'When it was queued.';
comment on column public.device_commands.published_at is 'When it was last published.';
comment on column public.device_commands.acknowledged_at is 'When the device acknowledged it.';
comment on column public.device_commands.finished_at is 'When it reached its last status.';
comment on column public.device_commands.expires_at is 'After this it is not published any more.';

create table public.device_error_codes (
    error_code int not null,
    name text not null,
    description text not null,
    primary key (error_code)
);
comment on table public.device_error_codes is 'What the error numbers of cameras mean (reference rows, the same for every company).';
comment on column public.device_error_codes.error_code is 'Number as sent by the device.';
comment on column public.device_error_codes.name is 'Short name.';
comment on column public.device_error_codes.description is 'Meaning.';

insert into public.device_error_codes (error_code, name, description) values
(0, 'ok', 'no error'),
(1, 'wifi', 'Wi-Fi connection failed'),
(2, 'mqtt', 'MQTT connection failed'),
(3, 'sensor', 'environmental sensor failed'),
(4, 'camera', 'camera failed'),
(5, 'chunk_transmission', 'a chunk could not be sent'),
(6, 'sd', 'SD card failed'),
(7, 'battery_low', 'battery low'),
(8, 'battery_critical', 'battery critical'),
(9, 'timeout', 'timeout'),
(10, 'missed_wake', 'missed a wake'),
(11, 'missed_several_wakes', 'missed several wakes'),
(12, 'offline_capture', 'captured while offline'),
(13, 'chunk_retry', 'chunks were sent again'),
(14, 'configuration', 'configuration error'),
(15, 'firmware_update', 'firmware update');
