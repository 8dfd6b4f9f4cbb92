-- purpose: say that the broker has taken messages of the outbox.
-- caller: the edge's outbox publisher, after the PUBACK.
-- promise: they are not given again, and the commands among them are published; answers how many.
create or replace function private.mark_published(
    p_outbox_ids bigint[],
    p_now timestamptz default now()
) returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
    with done as (
        update private.mqtt_outbox as o set published_at = p_now
        where o.outbox_id = any (p_outbox_ids) and o.published_at is null
        returning o.company_id, o.command_id
    ),

    commands as (
        update public.device_commands as c
        set status = case when c.status = 'queued' then 'published' else c.status end, published_at = p_now
        from (select distinct d.company_id, d.command_id from done as d where d.command_id is not null) as k
        where c.company_id = k.company_id and c.command_id = k.command_id
        returning 1
    )

    select count(*) from done;
$$;

comment on function private.mark_published(bigint[], timestamptz) is 'Marks messages of the outbox as published; answers how many.';
revoke all on function private.mark_published(bigint[], timestamptz) from public;
grant execute on function private.mark_published(bigint[], timestamptz) to edge;
