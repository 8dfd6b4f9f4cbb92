-- purpose: keep trials and logs as they were measured.
-- caller: triggers on trial_results and device_logs, before update, delete, truncate.
-- promise: append_only for everybody, the owner included; only purge_run and purge_logs may delete, which set lics.purge for their transaction.
create or replace function private.guard_append_only() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if tg_op <> 'DELETE' or coalesce(current_setting('lics.purge', true), '') <> 'on' then
        perform private.fail('append_only', tg_table_name);
    end if;
    return null;
end;
$$;

comment on function private.guard_append_only() is 'Trigger: raises append_only (L0405) unless a purge function deletes.';
revoke all on function private.guard_append_only() from public;

create or replace trigger append_only before update or delete or truncate on public.trial_results
for each statement execute function private.guard_append_only();
create or replace trigger append_only before update or delete or truncate on public.device_logs
for each statement execute function private.guard_append_only();
