-- Commands live until they are done, and are swept when they are too old; a queued schedule change can be withdrawn.
drop index public.device_commands_open_idx;
create index device_commands_open_idx on public.device_commands (company_id, device_id, created_at)
where status in ('queued', 'published', 'acknowledged');
create index device_commands_expiry_idx on public.device_commands (expires_at)
where status in ('queued', 'published', 'acknowledged');
comment on column public.device_commands.published_at is 'When it was last published: the HELLO that it answered.';
comment on column public.device_commands.acknowledged_at is
'When the device showed that it obeys: the metadata of a requested image, the wake after next_wake, the HELLO after reboot, any word after ping.';

alter table public.device_schedule_changes add column cancelled_by uuid;
comment on column public.device_schedule_changes.superseded_at is
'Set when a later request for the same device and day replaced it, or a person withdrew it (cancelled_by).';
comment on column public.device_schedule_changes.cancelled_by is 'The person who withdrew it.';

-- Replaced by set_session_devices: `create or replace` does not drop.
drop function if exists private.set_session_device(uuid, uuid, uuid, text, boolean, timestamptz);
