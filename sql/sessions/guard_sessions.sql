-- purpose: a locked day is final.
-- caller: the trigger on site_device_sessions.
-- promise: pending, in_progress, locked, in this order and no other; a locked session keeps its status, locked_at, expected count and day, and is not
--   deleted; its counters may follow late wakes. Nothing else depends on this trigger.
create or replace function private.guard_sessions() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if old.status = 'locked' and (
        tg_op = 'DELETE'
        or (new.status, new.locked_at, new.expected_wake_count, new.session_date, new.site_id, new.starts_at, new.ends_at)
            is distinct from
            (old.status, old.locked_at, old.expected_wake_count, old.session_date, old.site_id, old.starts_at, old.ends_at)
    ) then
        perform private.fail('session_locked');
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    if new.status <> old.status and (old.status, new.status) not in (('pending', 'in_progress'), ('in_progress', 'locked')) then
        perform private.fail('session_locked', 'status may only go pending, in_progress, locked');
    end if;
    return new;
end;
$$;

comment on function private.guard_sessions() is 'Trigger: refuses changes of a locked session and status changes out of order (session_locked).';
revoke all on function private.guard_sessions() from public;

create or replace trigger guard_sessions
before update of status, locked_at, expected_wake_count, session_date, site_id, starts_at, ends_at or delete on public.site_device_sessions
for each row execute function private.guard_sessions();
