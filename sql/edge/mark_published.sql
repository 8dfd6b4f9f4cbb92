-- purpose: say that the broker has taken messages of the outbox.
-- caller: the edge's outbox publisher, after the PUBACK.
-- promise: they are not given again; answers how many.
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
        returning 1
    )

    select count(*) from done;
$$;

comment on function private.mark_published(bigint[], timestamptz) is 'Marks messages of the outbox as published; answers how many.';
revoke all on function private.mark_published(bigint[], timestamptz) from public;
grant execute on function private.mark_published(bigint[], timestamptz) to edge;
