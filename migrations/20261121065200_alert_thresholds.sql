-- Limits of alerts: a company's row, and rows of devices that differ from it. Null means: as the company, else the default.
-- The unit stands in each name; nothing is converted on the way to a comparison.
create table public.alert_thresholds (
    company_id uuid not null references public.companies (company_id),
    threshold_id uuid not null default private.new_id(),
    device_id uuid,
    missed_wake_max_count int check (missed_wake_max_count between 0 and 1440),
    failure_max_ratio double precision check (failure_max_ratio between 0 and 1),
    completeness_min_ratio double precision check (completeness_min_ratio between 0 and 1),
    battery_warning_v double precision check (battery_warning_v between 0 and 60),
    battery_critical_v double precision check (battery_critical_v between 0 and 60),
    rig_silent_s int check (rig_silent_s between 60 and 2592000),
    camera_missed_slots int check (camera_missed_slots between 1 and 100),
    temperature_max_warning_c double precision check (temperature_max_warning_c between -100 and 200),
    temperature_max_critical_c double precision check (temperature_max_critical_c between -100 and 200),
    temperature_min_warning_c double precision check (temperature_min_warning_c between -100 and 200),
    temperature_min_critical_c double precision check (temperature_min_critical_c between -100 and 200),
    temperature_rise_warning_c double precision check (temperature_rise_warning_c between 0 and 300),
    temperature_rise_critical_c double precision check (temperature_rise_critical_c between 0 and 300),
    temperature_drop_warning_c double precision check (temperature_drop_warning_c between 0 and 300),
    temperature_drop_critical_c double precision check (temperature_drop_critical_c between 0 and 300),
    humidity_max_warning_pct double precision check (humidity_max_warning_pct between 0 and 100),
    humidity_max_critical_pct double precision check (humidity_max_critical_pct between 0 and 100),
    humidity_min_warning_pct double precision check (humidity_min_warning_pct between 0 and 100),
    humidity_min_critical_pct double precision check (humidity_min_critical_pct between 0 and 100),
    humidity_rise_warning_pct double precision check (humidity_rise_warning_pct between 0 and 100),
    humidity_rise_critical_pct double precision check (humidity_rise_critical_pct between 0 and 100),
    humidity_drop_warning_pct double precision check (humidity_drop_warning_pct between 0 and 100),
    humidity_drop_critical_pct double precision check (humidity_drop_critical_pct between 0 and 100),
    updated_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (company_id, threshold_id),
    foreign key (company_id, device_id) references public.devices (company_id, device_id),
    constraint alert_thresholds_site_level check (device_id is null or num_nonnulls(failure_max_ratio, completeness_min_ratio) = 0),
    constraint alert_thresholds_battery_order check (battery_critical_v <= battery_warning_v),
    constraint alert_thresholds_temperature_order check (
        coalesce(temperature_max_warning_c <= temperature_max_critical_c, true)
        and coalesce(temperature_min_warning_c >= temperature_min_critical_c, true)
        and coalesce(temperature_rise_warning_c <= temperature_rise_critical_c, true)
        and coalesce(temperature_drop_warning_c <= temperature_drop_critical_c, true)
        and coalesce(temperature_min_warning_c < temperature_max_warning_c, true)
    ),
    constraint alert_thresholds_humidity_order check (
        coalesce(humidity_max_warning_pct <= humidity_max_critical_pct, true)
        and coalesce(humidity_min_warning_pct >= humidity_min_critical_pct, true)
        and coalesce(humidity_rise_warning_pct <= humidity_rise_critical_pct, true)
        and coalesce(humidity_drop_warning_pct <= humidity_drop_critical_pct, true)
        and coalesce(humidity_min_warning_pct < humidity_max_warning_pct, true)
    )
);
create unique index alert_thresholds_device_key on public.alert_thresholds (company_id, device_id) where device_id is not null;
create unique index alert_thresholds_company_key on public.alert_thresholds (company_id) where device_id is null;
comment on table public.alert_thresholds is
'Limits of alerts. The row without a device is the company''s; a null is the next one''s: device, company, default (docs/ALERTS.md).';
comment on column public.alert_thresholds.company_id is 'Owner.';
comment on column public.alert_thresholds.threshold_id is 'Key of the row.';
comment on column public.alert_thresholds.device_id is 'The device whose limits these are; null: the company''s.';
comment on column public.alert_thresholds.missed_wake_max_count is 'missed_wake: more wakes of a day not received than this. Default 2.';
comment on column public.alert_thresholds.failure_max_ratio is 'high_failure_rate: failed / expected above this. Default 0.30; company only.';
comment on column public.alert_thresholds.completeness_min_ratio is 'low_completeness: completed / expected below this. Default 0.50; company only.';
comment on column public.alert_thresholds.battery_warning_v is 'low_battery, warning: below this, V. Default 3.6.';
comment on column public.alert_thresholds.battery_critical_v is 'low_battery, critical: below this, V. Default 3.4.';
comment on column public.alert_thresholds.rig_silent_s is 'device_offline: a rig not heard for this long, s. Default 300.';
comment on column public.alert_thresholds.camera_missed_slots is 'device_offline: this many slots past their tolerance without a word. Default 2.';
comment on column public.alert_thresholds.temperature_max_warning_c is 'temperature_max, warning: above this, °C.';
comment on column public.alert_thresholds.temperature_max_critical_c is 'temperature_max, critical: above this, °C.';
comment on column public.alert_thresholds.temperature_min_warning_c is 'temperature_min, warning: below this, °C.';
comment on column public.alert_thresholds.temperature_min_critical_c is 'temperature_min, critical: below this, °C.';
comment on column public.alert_thresholds.temperature_rise_warning_c is 'temperature_max, warning: risen by more within a local day, °C.';
comment on column public.alert_thresholds.temperature_rise_critical_c is 'temperature_max, critical: risen by more within a local day, °C.';
comment on column public.alert_thresholds.temperature_drop_warning_c is 'temperature_min, warning: fallen by more within a local day, °C.';
comment on column public.alert_thresholds.temperature_drop_critical_c is 'temperature_min, critical: fallen by more within a local day, °C.';
comment on column public.alert_thresholds.humidity_max_warning_pct is 'humidity_max, warning: above this, %.';
comment on column public.alert_thresholds.humidity_max_critical_pct is 'humidity_max, critical: above this, %.';
comment on column public.alert_thresholds.humidity_min_warning_pct is 'humidity_min, warning: below this, %.';
comment on column public.alert_thresholds.humidity_min_critical_pct is 'humidity_min, critical: below this, %.';
comment on column public.alert_thresholds.humidity_rise_warning_pct is 'humidity_max, warning: risen by more within a local day, percentage points.';
comment on column public.alert_thresholds.humidity_rise_critical_pct is 'humidity_max, critical: risen by more within a local day, percentage points.';
comment on column public.alert_thresholds.humidity_drop_warning_pct is 'humidity_min, warning: fallen by more within a local day, percentage points.';
comment on column public.alert_thresholds.humidity_drop_critical_pct is 'humidity_min, critical: fallen by more within a local day, percentage points.';
comment on column public.alert_thresholds.updated_by is 'Who changed it last.';
comment on column public.alert_thresholds.created_at is 'When it was made.';
comment on column public.alert_thresholds.updated_at is 'Last change.';
