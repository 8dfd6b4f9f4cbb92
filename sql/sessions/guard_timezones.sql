-- purpose: no site without a real time zone.
-- caller: the triggers on sites.
-- promise: invalid_timezone for anything that is not the exact name of an IANA zone.
create or replace function private.guard_timezones() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if not coalesce(private.tz_is_valid(new.timezone), false) then
        perform private.fail('invalid_timezone');
    end if;
    return new;
end;
$$;

comment on function private.guard_timezones() is 'Trigger: refuses a time zone that is not an IANA name (invalid_timezone).';
revoke all on function private.guard_timezones() from public;

create or replace trigger guard_timezones_insert before insert on public.sites
for each row execute function private.guard_timezones();
create or replace trigger guard_timezones_update before update of timezone on public.sites
for each row when (new.timezone is distinct from old.timezone) execute function private.guard_timezones();
