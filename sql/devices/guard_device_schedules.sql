-- purpose: no schedule that nobody can evaluate.
-- caller: the trigger on changed devices.
-- promise: invalid_cron for a bad expression, whoever writes it.
create or replace function private.guard_device_schedules() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.cron_check(new.wake_schedule_cron);
    return new;
end;
$$;

comment on function private.guard_device_schedules() is 'Trigger: refuses a device''s schedule that is not a valid cron expression (invalid_cron).';
revoke all on function private.guard_device_schedules() from public;

create or replace trigger guard_device_schedules_update before update of wake_schedule_cron on public.devices
for each row when (new.wake_schedule_cron is distinct from old.wake_schedule_cron) execute function private.guard_device_schedules();
