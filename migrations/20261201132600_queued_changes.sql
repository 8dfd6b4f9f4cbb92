-- Replaced by a form that judges the date itself, while no day can be opened: `create or replace` does not drop.
drop function if exists private.queue_schedule_change(uuid, uuid, text, date, text, timestamptz);
