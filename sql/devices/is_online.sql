-- purpose: the one predicate of presence.
-- caller: status, deploy_experiment, sweeps.
-- promise: false when the newest fact is a will, or when nothing was heard for 5 minutes.
create or replace function private.is_online(
    p_last_seen_at timestamptz,
    p_last_will_at timestamptz,
    p_now timestamptz default now()
) returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
    select coalesce(
        p_last_seen_at > p_now - interval '5 minutes' and (p_last_will_at is null or p_last_will_at < p_last_seen_at), false);
$$;

comment on function private.is_online(timestamptz, timestamptz, timestamptz) is
'True when a device was heard within 5 minutes and has not said goodbye since.';
revoke all on function private.is_online(timestamptz, timestamptz, timestamptz) from public;
grant execute on function private.is_online(timestamptz, timestamptz, timestamptz) to authenticated, service_role;
