-- Purpose: the same question as private.cron_check for CHECK constraints and lists.
-- Caller:  constraints, imports.
-- Promise: true or false; null for null, which a CHECK lets pass.
create or replace function private.cron_is_valid(
    p_expr text
) returns boolean
language plpgsql
stable
strict
parallel unsafe -- the exception block is a subtransaction, which a parallel worker may not start
set search_path = ''
as $$
begin
    perform private.cron_parse(p_expr);
    return true;
exception
    when sqlstate 'L0101' or sqlstate 'PGRST' then -- how private.fail raises in a job, and under PostgREST
        return false;
end;
$$;

comment on function private.cron_is_valid(text) is 'Whether the text is a cron expression we accept; null for null.';

revoke all on function private.cron_is_valid(text) from public;
grant execute on function private.cron_is_valid(text) to authenticated, service_role, edge;
