-- purpose: how far back a trend may reach.
-- caller: the trends.
-- promise: bad_input below 1 day, limit_too_large above 3660.
create or replace function private.check_days(
    p_days int
) returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if p_days is null or p_days < 1 then
        perform private.fail('bad_input', 'p_days: at least 1');
    end if;
    if p_days > 3660 then
        perform private.fail('limit_too_large', 'p_days: at most 3660');
    end if;
end;
$$;

comment on function private.check_days(int) is 'Refuses a number of days below 1 or above 3660.';
revoke all on function private.check_days(int) from public;
grant execute on function private.check_days(int) to authenticated, service_role;
