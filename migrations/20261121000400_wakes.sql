-- Site days, wakes, images, and the state of transfers.
create table public.site_device_sessions (
    company_id uuid not null,
    session_id uuid not null default private.new_id(),
    program_id uuid not null,
    site_id uuid not null,
    session_date date not null,
    timezone text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    status text not null default 'pending' check (status in ('pending', 'in_progress', 'locked')),
    expected_wake_count int not null default 0 check (expected_wake_count >= 0),
    completed_wake_count int not null default 0 check (completed_wake_count >= 0),
    failed_wake_count int not null default 0 check (failed_wake_count >= 0),
    extra_wake_count int not null default 0 check (extra_wake_count >= 0),
    pending_wake_count int not null default 0 check (pending_wake_count >= 0),
    config_changed_flag boolean not null default false,
    opened_at timestamptz,
    locked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (company_id, session_id),
    unique (company_id, site_id, session_date),
    foreign key (company_id, site_id) references public.sites (company_id, site_id),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id),
    check (ends_at > starts_at),
    check ((status = 'locked') = (locked_at is not null))
);
create unique index site_device_sessions_id_idx on public.site_device_sessions (session_id);
create index site_device_sessions_program_idx on public.site_device_sessions (company_id, program_id);
create index site_device_sessions_date_idx on public.site_device_sessions (company_id, session_date desc);
create index site_device_sessions_unlocked_idx on public.site_device_sessions (ends_at) where status <> 'locked';
comment on table public.site_device_sessions is 'One local calendar day of one site: what was expected, completed, failed, extra. Counters are derived from payloads.';
comment on column public.site_device_sessions.company_id is 'Owner.';
comment on column public.site_device_sessions.session_id is 'Key of the session.';
comment on column public.site_device_sessions.program_id is 'Program of the site when the session was made.';
comment on column public.site_device_sessions.site_id is 'The site.';
comment on column public.site_device_sessions.session_date is 'Local calendar date in the site''s zone.';
comment on column public.site_device_sessions.timezone is 'Zone the day was computed in.';
comment on column public.site_device_sessions.starts_at is 'Local midnight.';
comment on column public.site_device_sessions.ends_at is 'The next local midnight (23, 24 or 25 h later).';
comment on column public.site_device_sessions.status is 'pending, in_progress, locked; locked is terminal.';
comment on column public.site_device_sessions.expected_wake_count is 'Slots of all devices of the day; frozen at the lock.';
comment on column public.site_device_sessions.completed_wake_count is 'Payloads complete and not overage.';
comment on column public.site_device_sessions.failed_wake_count is 'Payloads failed and not overage.';
comment on column public.site_device_sessions.extra_wake_count is 'Overage payloads.';
comment on column public.site_device_sessions.pending_wake_count is 'Payloads still pending and not overage.';
comment on column public.site_device_sessions.config_changed_flag is 'A device was mapped, unmapped or rescheduled during or for this day.';
comment on column public.site_device_sessions.opened_at is 'When it went in_progress.';
comment on column public.site_device_sessions.locked_at is 'When it was locked.';
comment on column public.site_device_sessions.created_at is 'When the row was made.';
comment on column public.site_device_sessions.updated_at is 'Last change.';

create table public.site_session_devices (
    company_id uuid not null,
    session_id uuid not null,
    device_id uuid not null,
    wake_schedule_cron text,
    expected_wake_count int not null default 0 check (expected_wake_count >= 0),
    counts_from timestamptz not null,
    counts_until timestamptz not null,
    added_mid_day boolean not null default false,
    primary key (company_id, session_id, device_id),
    foreign key (company_id, session_id) references public.site_device_sessions (company_id, session_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id)
);
create index site_session_devices_device_idx on public.site_session_devices (company_id, device_id);
comment on table public.site_session_devices is 'What each device was expected to do on a site day: the rows behind expected_wake_count.';
comment on column public.site_session_devices.company_id is 'Owner.';
comment on column public.site_session_devices.session_id is 'The site day.';
comment on column public.site_session_devices.device_id is 'The device.';
comment on column public.site_session_devices.wake_schedule_cron is 'Schedule in force for the day; null: none.';
comment on column public.site_session_devices.expected_wake_count is 'Slots of the schedule between counts_from and counts_until.';
comment on column public.site_session_devices.counts_from is 'Slots before this are not expected (mapped in mid-day).';
comment on column public.site_session_devices.counts_until is 'Slots from this on are not expected (unmapped in mid-day).';
comment on column public.site_session_devices.added_mid_day is 'The device was mapped after the day had begun.';

create table public.device_images (
    company_id uuid not null,
    image_id uuid not null default private.new_id(),
    device_id uuid not null,
    site_id uuid not null,
    program_id uuid not null,
    site_device_session_id uuid not null,
    image_name text not null check (length(image_name) between 1 and 200),
    capture_key text not null,
    captured_at timestamptz not null,
    captured_at_raw text,
    timestamp_source text not null default 'device' check (timestamp_source in ('device', 'server')),
    status text not null default 'receiving' check (status in ('receiving', 'complete', 'failed')),
    image_url text,
    image_size int,
    sha256 text,
    total_chunk_count int,
    max_chunk_size int,
    location text,
    received_at timestamptz,
    resent_received_at timestamptz,
    retry_count int not null default 0,
    error_code text,
    error_message text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (company_id, image_id),
    unique (company_id, device_id, image_name, capture_key),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    foreign key (company_id, site_id) references public.sites (company_id, site_id),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id),
    foreign key (company_id, site_device_session_id) references public.site_device_sessions (company_id, session_id),
    check (status <> 'complete' or image_url is not null)
);
create unique index device_images_id_idx on public.device_images (image_id);
create index device_images_session_idx on public.device_images (company_id, site_device_session_id);
create index device_images_site_idx on public.device_images (company_id, site_id, captured_at desc);
create index device_images_program_idx on public.device_images (company_id, program_id);
create index device_images_captured_idx on public.device_images (company_id, device_id, captured_at desc);
create index device_images_latest_idx on public.device_images (company_id, captured_at desc);
comment on table public.device_images is 'A photograph. Identity: device, image_name and the capture time as the device sent it (decision D1).';
comment on column public.device_images.company_id is 'Owner.';
comment on column public.device_images.image_id is 'Key of the image.';
comment on column public.device_images.device_id is 'The camera.';
comment on column public.device_images.site_id is 'Site at capture.';
comment on column public.device_images.program_id is 'Program at capture.';
comment on column public.device_images.site_device_session_id is 'Site day at capture.';
comment on column public.device_images.image_name is 'File name as the device gave it; repeats when its counter restarts.';
comment on column public.device_images.capture_key is 'Capture time as sent, canonical; the raw text where it was unusable. Third part of the identity.';
comment on column public.device_images.captured_at is 'When it was taken; never changed by a retry.';
comment on column public.device_images.captured_at_raw is 'The device''s text where the time was unusable.';
comment on column public.device_images.timestamp_source is 'device, or server where the device''s time was unusable.';
comment on column public.device_images.status is 'receiving, complete or failed; complete is final.';
comment on column public.device_images.image_url is 'Path in the bucket images: company_id/sha256.jpg. Read it through a signed URL.';
comment on column public.device_images.image_size is 'Bytes.';
comment on column public.device_images.sha256 is 'Hex SHA-256 of the bytes.';
comment on column public.device_images.total_chunk_count is 'Chunks announced.';
comment on column public.device_images.max_chunk_size is 'Bytes a chunk, announced.';
comment on column public.device_images.location is 'Location text of the device.';
comment on column public.device_images.received_at is 'When the last byte was stored.';
comment on column public.device_images.resent_received_at is 'When a retry completed it.';
comment on column public.device_images.retry_count is 'How often a retry delivered or asked for it again.';
comment on column public.device_images.error_code is 'Why it failed.';
comment on column public.device_images.error_message is 'Why it failed, in words.';
comment on column public.device_images.created_at is 'First metadata.';
comment on column public.device_images.updated_at is 'Last change.';

create table public.device_wake_payloads (
    company_id uuid not null,
    payload_id uuid not null default private.new_id(),
    program_id uuid not null,
    site_id uuid not null,
    site_device_session_id uuid not null,
    device_id uuid not null,
    image_id uuid,
    capture_key text not null,
    captured_at timestamptz not null,
    captured_at_raw text,
    timestamp_source text not null default 'device' check (timestamp_source in ('device', 'server')),
    received_at timestamptz not null default now(),
    resent_received_at timestamptz,
    wake_window_index int,
    slot_at timestamptz,
    overage_flag boolean not null default false,
    payload_status text not null default 'pending' check (payload_status in ('pending', 'complete', 'failed')),
    image_status text not null default 'none' check (image_status in ('none', 'receiving', 'complete', 'failed')),
    temperature double precision,
    humidity double precision,
    pressure double precision,
    gas_resistance double precision,
    battery_voltage double precision,
    wifi_rssi double precision,
    device_error_code int,
    slot_index int,
    telemetry_data jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (company_id, payload_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    foreign key (company_id, site_id) references public.sites (company_id, site_id),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id),
    foreign key (company_id, site_device_session_id) references public.site_device_sessions (company_id, session_id),
    foreign key (company_id, image_id) references public.device_images (company_id, image_id),
    check (overage_flag or wake_window_index is not null)
);
create unique index device_wake_payloads_id_idx on public.device_wake_payloads (payload_id);
-- One wake is one payload: the same metadata twice finds the same row.
create unique index device_wake_payloads_image_key on public.device_wake_payloads (company_id, image_id)
where image_id is not null;
create unique index device_wake_payloads_capture_key on public.device_wake_payloads (company_id, device_id, capture_key)
where image_id is null;
-- One wake a slot; the second one is an overage. The index decides the race.
create unique index device_wake_payloads_slot_key
on public.device_wake_payloads (company_id, device_id, site_device_session_id, wake_window_index)
where not overage_flag;
create index device_wake_payloads_session_idx on public.device_wake_payloads (company_id, site_device_session_id);
create index device_wake_payloads_device_idx on public.device_wake_payloads (company_id, device_id, captured_at desc);
create index device_wake_payloads_site_idx on public.device_wake_payloads (company_id, site_id, captured_at desc);
create index device_wake_payloads_program_idx on public.device_wake_payloads (company_id, program_id);
comment on table public.device_wake_payloads is 'One wake of a camera: telemetry and, usually, an image. Lineage is stamped at capture and never changes.';
comment on column public.device_wake_payloads.company_id is 'Owner.';
comment on column public.device_wake_payloads.payload_id is 'Key of the payload.';
comment on column public.device_wake_payloads.program_id is 'Program at capture.';
comment on column public.device_wake_payloads.site_id is 'Site at capture.';
comment on column public.device_wake_payloads.site_device_session_id is 'The site day the wake counts for.';
comment on column public.device_wake_payloads.device_id is 'The camera.';
comment on column public.device_wake_payloads.image_id is 'Its image; null: telemetry only.';
comment on column public.device_wake_payloads.capture_key is 'Capture time as sent, canonical; the raw text where it was unusable.';
comment on column public.device_wake_payloads.captured_at is 'When the device measured.';
comment on column public.device_wake_payloads.captured_at_raw is 'The device''s text where the time was unusable.';
comment on column public.device_wake_payloads.timestamp_source is 'device, or server where the device''s time was unusable.';
comment on column public.device_wake_payloads.received_at is 'Server time of the first metadata.';
comment on column public.device_wake_payloads.resent_received_at is 'When a retry delivered its image.';
comment on column public.device_wake_payloads.wake_window_index is 'Slot of the day, from 1; null when outside every slot.';
comment on column public.device_wake_payloads.slot_at is 'Time of that slot.';
comment on column public.device_wake_payloads.overage_flag is 'Not in a free slot of the schedule: counted as extra.';
comment on column public.device_wake_payloads.payload_status is 'pending, complete or failed.';
comment on column public.device_wake_payloads.image_status is 'none, receiving, complete or failed.';
comment on column public.device_wake_payloads.temperature is '°C.';
comment on column public.device_wake_payloads.humidity is '% relative humidity.';
comment on column public.device_wake_payloads.pressure is 'hPa.';
comment on column public.device_wake_payloads.gas_resistance is 'kΩ.';
comment on column public.device_wake_payloads.battery_voltage is 'V, from the HELLO of the same wake.';
comment on column public.device_wake_payloads.wifi_rssi is 'dBm, from the HELLO of the same wake.';
comment on column public.device_wake_payloads.device_error_code is 'Error number the device sent (device_error_codes).';
comment on column public.device_wake_payloads.slot_index is 'Slot number the device itself sent.';
comment on column public.device_wake_payloads.telemetry_data is 'The whole metadata message as sent.';
comment on column public.device_wake_payloads.created_at is 'When the row was made.';
comment on column public.device_wake_payloads.updated_at is 'Last change.';

create table public.petri_observations (
    company_id uuid not null,
    observation_id uuid not null default private.new_id(),
    image_id uuid not null,
    payload_id uuid not null,
    device_id uuid not null,
    site_id uuid not null,
    program_id uuid not null,
    site_device_session_id uuid not null,
    is_device_generated boolean not null default true,
    slot_index int,
    observed_at timestamptz not null,
    petri_code text not null,
    fungicide_used text not null default 'No' check (fungicide_used in ('Yes', 'No')),
    surrounding_water_schedule text not null default 'None',
    notes text,
    created_at timestamptz not null default now(),
    primary key (company_id, observation_id),
    unique (company_id, image_id),
    foreign key (company_id, image_id) references public.device_images (company_id, image_id),
    foreign key (company_id, payload_id) references public.device_wake_payloads (company_id, payload_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    foreign key (company_id, site_id) references public.sites (company_id, site_id),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id),
    foreign key (company_id, site_device_session_id) references public.site_device_sessions (company_id, session_id)
);
create unique index petri_observations_id_idx on public.petri_observations (observation_id);
create index petri_observations_payload_idx on public.petri_observations (company_id, payload_id);
create index petri_observations_device_idx on public.petri_observations (company_id, device_id, observed_at desc);
create index petri_observations_site_idx on public.petri_observations (company_id, site_id);
create index petri_observations_program_idx on public.petri_observations (company_id, program_id);
create index petri_observations_session_idx on public.petri_observations (company_id, site_device_session_id);
comment on table public.petri_observations is 'One observation an image, made when the image is stored.';
comment on column public.petri_observations.company_id is 'Owner.';
comment on column public.petri_observations.observation_id is 'Key of the observation.';
comment on column public.petri_observations.image_id is 'Its image; unique.';
comment on column public.petri_observations.payload_id is 'Its wake.';
comment on column public.petri_observations.device_id is 'The camera.';
comment on column public.petri_observations.site_id is 'Site at capture.';
comment on column public.petri_observations.program_id is 'Program at capture.';
comment on column public.petri_observations.site_device_session_id is 'Site day at capture.';
comment on column public.petri_observations.is_device_generated is 'True for rows made from a device''s image.';
comment on column public.petri_observations.slot_index is 'The device''s slot number, else the wake window.';
comment on column public.petri_observations.observed_at is 'Capture time of the image.';
comment on column public.petri_observations.petri_code is 'Code of the dish; default: the device''s name and slot.';
comment on column public.petri_observations.fungicide_used is 'Yes or No; default No until a person says otherwise.';
comment on column public.petri_observations.surrounding_water_schedule is 'Free text; default None until a person says otherwise.';
comment on column public.petri_observations.notes is 'Free text.';
comment on column public.petri_observations.created_at is 'When the row was made.';

create table private.wakes (
    company_id uuid not null,
    device_id uuid not null,
    wake_id uuid not null default private.new_id(),
    started_at timestamptz not null,
    last_message_at timestamptz not null,
    ended_at timestamptz,
    topic_prefix text not null,
    topic_id text not null,
    hello_at timestamptz,
    battery_voltage double precision,
    wifi_rssi double precision,
    strategy text check (strategy in ('list', 'names', 'captures')),
    pending_count int not null default 0,
    pending_list text[] not null default '{}',
    backlog_requested_at timestamptz,
    requested uuid[] not null default '{}',
    asked uuid[] not null default '{}',
    settled uuid[] not null default '{}',
    captures_requested int not null default 0,
    capture_requested_at timestamptz,
    capture_state text check (capture_state in ('telemetry', 'receiving', 'stored', 'failed')),
    capture_image_id uuid,
    final_channel text check (final_channel in ('ack', 'cmd')),
    final_payload jsonb,
    primary key (company_id, device_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id)
) with (fillfactor = 60);
-- Not on last_message_at: every batch of chunks moves it, and an update of an indexed column is dearer.
create index wakes_open_idx on private.wakes (started_at) where ended_at is null;
comment on table private.wakes is
'State of each camera''s newest wake, and the lock that puts a camera''s messages in order. ended_at null: awake. requested: images people want, still to be asked for; asked: images named to the device; settled: backlog files stored or given up; final_channel and final_payload: the message that ended it, repeated to a HELLO within 30 s.';

create table private.image_transfers (
    company_id uuid not null,
    transfer_id uuid not null default private.new_id(),
    device_id uuid not null,
    image_name text not null,
    image_id uuid,
    state text not null default 'open' check (state in ('open', 'assembled', 'complete', 'failed')),
    total_chunk_count int,
    image_size int,
    metadata_at timestamptz,
    rounds int not null default 0,
    resends int not null default 0,
    send_image_at timestamptz,
    asked_at timestamptz,
    last_activity_at timestamptz not null,
    assembled_at timestamptz,
    claimed_until timestamptz,
    claim_attempts int not null default 0,
    created_at timestamptz not null default now(),
    primary key (company_id, transfer_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    foreign key (company_id, image_id) references public.device_images (company_id, image_id)
) with (fillfactor = 60);
create unique index image_transfers_image_key on private.image_transfers (company_id, image_id) where image_id is not null;
create unique index image_transfers_orphan_key on private.image_transfers (company_id, device_id, image_name)
where image_id is null;
create index image_transfers_name_idx on private.image_transfers (company_id, device_id, image_name, metadata_at desc);
create index image_transfers_created_idx on private.image_transfers (created_at);
create index image_transfers_open_idx on private.image_transfers (company_id, device_id) where state = 'open';
create index image_transfers_assembled_idx on private.image_transfers (assembled_at) where state = 'assembled';
comment on table private.image_transfers is
'One transfer an image. image_id null: chunks that came before their metadata. assembled: all bytes are here, the store has not confirmed them yet. rounds: missing_chunks asked; resends: send_image asked again after that; asked_at: the last request of either kind.';

create table private.image_chunks (
    company_id uuid not null,
    transfer_id uuid not null,
    chunk_id int not null check (chunk_id >= 0),
    data bytea not null check (length(data) between 1 and 65536),
    primary key (company_id, transfer_id, chunk_id)
);
alter table private.image_chunks alter column data set storage external;
comment on table private.image_chunks is
'Bytes of a transfer, chunk_id as the device numbered it (0- or 1-based). Purged 7 days after the last one. No foreign key: checking it costs a third of storing a chunk; who deletes a transfer deletes its chunks.';
