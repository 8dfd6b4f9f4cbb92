-- purpose: no new device with a schedule that nobody can evaluate.
-- caller: the trigger on new devices, once a statement: an import brings thousands of rows and a few schedules.
-- promise: as guard_device_schedules.
create or replace function private.guard_new_schedules() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.cron_check(c.wake_schedule_cron)
    from (select distinct n.wake_schedule_cron from new_rows as n where n.wake_schedule_cron is not null) as c;
    return null;
end;
$$;

comment on function private.guard_new_schedules() is 'Trigger: refuses new devices whose schedule is not a valid cron expression (invalid_cron).';
revoke all on function private.guard_new_schedules() from public;

create or replace trigger guard_device_schedules_insert after insert on public.devices
referencing new table as new_rows
for each statement execute function private.guard_new_schedules();
