-- purpose: how long a command may wait for a camera.
-- caller: whatever queues a command.
-- promise: 7 days, as long as a half-received image stays resumable; a camera that sleeps longer: a day beyond its next wake.
create or replace function private.command_expiry(
    p_next_wake_at timestamptz,
    p_now timestamptz default now()
) returns timestamptz
language sql
immutable
parallel safe
set search_path = ''
as $$
    select greatest(p_now + interval '7 days', p_next_wake_at + interval '1 day');
$$;

comment on function private.command_expiry(timestamptz, timestamptz) is 'Until when a command waits for a camera''s contact.';
revoke all on function private.command_expiry(timestamptz, timestamptz) from public;
