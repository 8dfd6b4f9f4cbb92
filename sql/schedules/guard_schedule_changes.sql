-- purpose: no queued schedule that nobody can evaluate.
-- caller: the trigger on device_schedule_changes.
-- promise: invalid_cron for a bad expression, whoever writes it.
create or replace function private.guard_schedule_changes() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.cron_check(new.new_wake_schedule_cron);
    return new;
end;
$$;

comment on function private.guard_schedule_changes() is 'Trigger: refuses a queued schedule that is not a valid cron expression (invalid_cron).';
revoke all on function private.guard_schedule_changes() from public;

create or replace trigger guard_schedule_changes before insert or update of new_wake_schedule_cron on public.device_schedule_changes
for each row execute function private.guard_schedule_changes();
