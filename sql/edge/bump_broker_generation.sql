-- purpose: have the edge write the broker's files again.
-- caller: every function that adds, changes or revokes an account, or adds a MAC to a company.
-- promise: the number is seen by the edge when the caller's transaction commits, together with the change itself.
create or replace function private.bump_broker_generation() returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
    update private.broker_generation as g set generation = g.generation + 1 returning g.generation;
$$;

comment on function private.bump_broker_generation() is 'Raises the broker''s generation; answers the new number.';
revoke all on function private.bump_broker_generation() from public;
