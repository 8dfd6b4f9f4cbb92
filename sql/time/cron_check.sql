-- Purpose: refuses a bad cron expression when it is written.
-- Caller:  every function that stores a schedule.
-- Promise: returns, or raises L0101 invalid_cron. Null passes: a device without a schedule.
create or replace function private.cron_check(
    p_expr text
) returns void
language plpgsql
stable
parallel safe
set search_path = ''
as $$
begin
    perform private.cron_parse(p_expr);
end;
$$;

comment on function private.cron_check(text) is 'Raises L0101 invalid_cron unless the expression is a valid cron expression or null.';

revoke all on function private.cron_check(text) from public;
grant execute on function private.cron_check(text) to authenticated, service_role, edge;
