-- A camera can leave a site's day and come back to it, and a wake can come before its slot: slots that stay expected whatever happens.
alter table public.site_session_devices add column kept_slots timestamptz[] not null default '{}';
comment on column public.site_session_devices.kept_slots is
'Slots expected besides those of the schedule in [counts_from, counts_until): of the time before an absence, and those that had their wake already.';
