-- Daily rollups: sums of payloads by device, site and program on the site's local date, and the queue that keeps them right.
-- Sums are numeric, so that an incremental sum and a rebuilt one are equal to the last digit. All rows can be made anew from payloads.
create type public.value_summary as (
    value_count int,
    value_sum numeric,
    value_min double precision,
    value_max double precision
);
comment on type public.value_summary is 'Of one measured quantity: how many values, their sum, the least and the greatest; sum, least and greatest null where none was measured.';

create table public.device_day_rollups (
    company_id uuid not null,
    session_id uuid not null,
    device_id uuid not null,
    site_id uuid not null,
    rollup_date date not null,
    expected_wake_count int not null,
    completed_wake_count int not null,
    failed_wake_count int not null,
    pending_wake_count int not null,
    extra_wake_count int not null,
    temperature public.value_summary not null,
    humidity public.value_summary not null,
    pressure public.value_summary not null,
    gas_resistance public.value_summary not null,
    battery_voltage public.value_summary not null,
    wifi_rssi public.value_summary not null,
    updated_at timestamptz not null default now(),
    primary key (company_id, session_id, device_id),
    foreign key (company_id, session_id) references public.site_device_sessions (company_id, session_id) on delete cascade,
    foreign key (company_id, device_id) references public.devices (company_id, device_id) on delete cascade,
    foreign key (company_id, site_id) references public.sites (company_id, site_id)
);
create index device_day_rollups_device_idx on public.device_day_rollups (company_id, device_id, rollup_date);
create index device_day_rollups_site_idx on public.device_day_rollups (company_id, site_id, rollup_date);
comment on table public.device_day_rollups is 'One device on one site day, summed from its payloads. Follows late wakes and retries within seconds.';
comment on column public.device_day_rollups.company_id is 'Owner.';
comment on column public.device_day_rollups.session_id is 'The site day.';
comment on column public.device_day_rollups.device_id is 'The device.';
comment on column public.device_day_rollups.site_id is 'The site at capture.';
comment on column public.device_day_rollups.rollup_date is 'Local calendar date in the site''s zone.';
comment on column public.device_day_rollups.expected_wake_count is 'Slots expected of the device.';
comment on column public.device_day_rollups.completed_wake_count is 'Payloads complete and not overage.';
comment on column public.device_day_rollups.failed_wake_count is 'Payloads failed and not overage.';
comment on column public.device_day_rollups.pending_wake_count is 'Payloads still pending and not overage.';
comment on column public.device_day_rollups.extra_wake_count is 'Overage payloads.';
comment on column public.device_day_rollups.temperature is 'Of the values measured, °C.';
comment on column public.device_day_rollups.humidity is 'Of the values measured, %.';
comment on column public.device_day_rollups.pressure is 'Of the values measured, hPa.';
comment on column public.device_day_rollups.gas_resistance is 'Of the values measured, kΩ.';
comment on column public.device_day_rollups.battery_voltage is 'Of the values measured, V.';
comment on column public.device_day_rollups.wifi_rssi is 'Of the values measured, dBm.';
comment on column public.device_day_rollups.updated_at is 'When the row last changed.';

create table public.site_day_rollups (
    company_id uuid not null,
    session_id uuid not null,
    site_id uuid not null,
    program_id uuid not null,
    rollup_date date not null,
    timezone text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    device_count int not null,
    expected_wake_count int not null,
    completed_wake_count int not null,
    failed_wake_count int not null,
    pending_wake_count int not null,
    extra_wake_count int not null,
    temperature public.value_summary not null,
    humidity public.value_summary not null,
    pressure public.value_summary not null,
    gas_resistance public.value_summary not null,
    battery_voltage public.value_summary not null,
    wifi_rssi public.value_summary not null,
    slot_at timestamptz[] not null,
    slot_deadline timestamptz[] not null,
    slot_expected int[] not null,
    slot_completed int[] not null,
    slot_failed int[] not null,
    slot_pending int[] not null,
    expected_by_deadline int[] not null,
    received_by_deadline int[] not null,
    updated_at timestamptz not null default now(),
    primary key (company_id, session_id),
    foreign key (company_id, session_id) references public.site_device_sessions (company_id, session_id) on delete cascade,
    foreign key (company_id, site_id) references public.sites (company_id, site_id),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id)
);
create index site_day_rollups_site_idx on public.site_day_rollups (company_id, site_id, rollup_date);
create index site_day_rollups_program_idx on public.site_day_rollups (company_id, program_id, timezone, rollup_date);
create index site_day_rollups_ends_idx on public.site_day_rollups (company_id, ends_at);
comment on table public.site_day_rollups is 'One site day, summed over its devices, with the dots of its strip.';
comment on column public.site_day_rollups.company_id is 'Owner.';
comment on column public.site_day_rollups.session_id is 'The site day.';
comment on column public.site_day_rollups.site_id is 'The site.';
comment on column public.site_day_rollups.program_id is 'Program when the session was made.';
comment on column public.site_day_rollups.rollup_date is 'Local calendar date in the site''s zone.';
comment on column public.site_day_rollups.timezone is 'Zone the day was computed in.';
comment on column public.site_day_rollups.starts_at is 'Local midnight.';
comment on column public.site_day_rollups.ends_at is 'The next local midnight.';
comment on column public.site_day_rollups.device_count is 'Devices that were expected or that sent something.';
comment on column public.site_day_rollups.expected_wake_count is 'Slots expected of all devices.';
comment on column public.site_day_rollups.completed_wake_count is 'Payloads complete and not overage.';
comment on column public.site_day_rollups.failed_wake_count is 'Payloads failed and not overage.';
comment on column public.site_day_rollups.pending_wake_count is 'Payloads still pending and not overage.';
comment on column public.site_day_rollups.extra_wake_count is 'Overage payloads.';
comment on column public.site_day_rollups.temperature is 'Of the values measured, °C.';
comment on column public.site_day_rollups.humidity is 'Of the values measured, %.';
comment on column public.site_day_rollups.pressure is 'Of the values measured, hPa.';
comment on column public.site_day_rollups.gas_resistance is 'Of the values measured, kΩ.';
comment on column public.site_day_rollups.battery_voltage is 'Of the values measured, V.';
comment on column public.site_day_rollups.wifi_rssi is 'Of the values measured, dBm.';
comment on column public.site_day_rollups.slot_at is 'The dots of the day: the instants at which some device was expected, ordered by deadline.';
comment on column public.site_day_rollups.slot_deadline is 'When the tolerance of each dot ends; from then on what has not come is missing.';
comment on column public.site_day_rollups.slot_expected is 'Devices expected at each dot.';
comment on column public.site_day_rollups.slot_completed is 'Of these, complete.';
comment on column public.site_day_rollups.slot_failed is 'Of these, failed.';
comment on column public.site_day_rollups.slot_pending is 'Of these, still pending.';
comment on column public.site_day_rollups.expected_by_deadline is 'Running sum of slot_expected.';
comment on column public.site_day_rollups.received_by_deadline is 'Running sum of completed, failed and pending.';
comment on column public.site_day_rollups.updated_at is 'When the row last changed.';

create table public.program_day_rollups (
    company_id uuid not null,
    program_id uuid not null,
    timezone text not null,
    rollup_date date not null,
    session_count int not null,
    device_count int not null,
    expected_wake_count int not null,
    completed_wake_count int not null,
    failed_wake_count int not null,
    pending_wake_count int not null,
    extra_wake_count int not null,
    temperature public.value_summary not null,
    humidity public.value_summary not null,
    pressure public.value_summary not null,
    gas_resistance public.value_summary not null,
    battery_voltage public.value_summary not null,
    wifi_rssi public.value_summary not null,
    updated_at timestamptz not null default now(),
    primary key (company_id, program_id, timezone, rollup_date),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id)
);
create index program_day_rollups_date_idx on public.program_day_rollups (company_id, rollup_date);
comment on table public.program_day_rollups is 'All site days of a program on a local date. Company figures are the sum over its programs.';
comment on column public.program_day_rollups.company_id is 'Owner.';
comment on column public.program_day_rollups.program_id is 'The program the sessions belong to.';
comment on column public.program_day_rollups.timezone is 'Zone of the sites: what today is differs between zones.';
comment on column public.program_day_rollups.rollup_date is 'Local calendar date in that zone.';
comment on column public.program_day_rollups.session_count is 'Site days.';
comment on column public.program_day_rollups.device_count is 'Devices of these site days.';
comment on column public.program_day_rollups.expected_wake_count is 'Slots expected of all devices.';
comment on column public.program_day_rollups.completed_wake_count is 'Payloads complete and not overage.';
comment on column public.program_day_rollups.failed_wake_count is 'Payloads failed and not overage.';
comment on column public.program_day_rollups.pending_wake_count is 'Payloads still pending and not overage.';
comment on column public.program_day_rollups.extra_wake_count is 'Overage payloads.';
comment on column public.program_day_rollups.temperature is 'Of the values measured, °C.';
comment on column public.program_day_rollups.humidity is 'Of the values measured, %.';
comment on column public.program_day_rollups.pressure is 'Of the values measured, hPa.';
comment on column public.program_day_rollups.gas_resistance is 'Of the values measured, kΩ.';
comment on column public.program_day_rollups.battery_voltage is 'Of the values measured, V.';
comment on column public.program_day_rollups.wifi_rssi is 'Of the values measured, dBm.';
comment on column public.program_day_rollups.updated_at is 'When the row last changed.';

create table private.rollup_queue (
    company_id uuid not null,
    session_id uuid not null,
    mark_id bigint generated always as identity,
    primary key (company_id, session_id, mark_id)
);
create index rollup_queue_mark_idx on private.rollup_queue (mark_id);
comment on table private.rollup_queue is 'Site days whose rollups are to be made anew. A writer only appends, so it never waits for the job that empties the queue.';
comment on column private.rollup_queue.company_id is 'Owner.';
comment on column private.rollup_queue.session_id is 'The site day that has changed.';
comment on column private.rollup_queue.mark_id is 'Order of arrival.';
insert into private.rollup_queue (company_id, session_id)
select s.company_id, s.session_id from public.site_device_sessions as s;

-- Cameras that should have woken long ago.
create index devices_next_wake_idx on public.devices (company_id, next_wake_at) where kind = 'camera' and archived_at is null;
