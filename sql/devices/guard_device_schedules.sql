-- purpose: no schedule that nobody can evaluate.
-- caller: the triggers on devices: inserts once a statement (an import brings thousands of rows and a few schedules), updates where it changed.
-- promise: invalid_cron for a bad expression, whoever writes it.
create or replace function private.guard_device_schedules() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_level = 'ROW' then
        perform private.cron_check(new.wake_schedule_cron);
        return new;
    end if;
    perform private.cron_check(c.wake_schedule_cron)
    from (select distinct n.wake_schedule_cron from new_rows as n where n.wake_schedule_cron is not null) as c;
    return null;
end;
$$;

comment on function private.guard_device_schedules() is 'Trigger: refuses a device''s schedule that is not a valid cron expression (invalid_cron).';
revoke all on function private.guard_device_schedules() from public;

create or replace trigger guard_device_schedules_insert after insert on public.devices
referencing new table as new_rows
for each statement execute function private.guard_device_schedules();
create or replace trigger guard_device_schedules_update before update of wake_schedule_cron on public.devices
for each row when (new.wake_schedule_cron is distinct from old.wake_schedule_cron) execute function private.guard_device_schedules();
