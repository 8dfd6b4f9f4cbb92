-- purpose: commands that nobody will obey any more.
-- caller: private.run_due.
-- promise: a camera's command past its expires_at is expired; a row that somebody holds waits for the next run. Returns the count.
create or replace function private.due_commands(
    p_now timestamptz default now()
) returns jsonb
language sql
security definer
set search_path = ''
as $$
    with old as (
        select c.company_id, c.command_id
        from public.device_commands as c
        where c.status in ('queued', 'published', 'acknowledged') and c.expires_at <= p_now
            and c.command in ('capture_image', 'send_image', 'send_all_pending', 'next_wake', 'ping', 'reboot')
        order by c.company_id, c.command_id
        for update skip locked
    ), expired as (
        update public.device_commands as c
        set status = 'expired', finished_at = p_now
        from old as o
        where c.company_id = o.company_id and c.command_id = o.command_id
        returning c.command_id
    )
    select jsonb_build_object('expired', count(*)) from expired;
$$;

comment on function private.due_commands(timestamptz) is 'Expires the commands of cameras that are too old; counts.';
revoke all on function private.due_commands(timestamptz) from public;
