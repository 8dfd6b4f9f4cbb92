-- purpose: tell whether the broker's files are still right.
-- caller: the edge, every second.
-- promise: a number that every change of accounts or MACs raises.
create or replace function private.broker_generation() returns bigint
language sql
stable
security definer
set search_path = ''
as $$
    select g.generation from private.broker_generation as g;
$$;

comment on function private.broker_generation() is 'Number of the present state of the broker''s accounts.';
revoke all on function private.broker_generation() from public;
grant execute on function private.broker_generation() to edge;
