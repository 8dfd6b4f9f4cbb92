-- purpose: show a company its wakes as they change.
-- caller: triggers on device_wake_payloads, once a statement.
-- promise: one message wake_update a company, ids and states only; a statement that changed no row sends nothing.
create or replace function private.emit_wake_updates() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit('company:' || g.company_id, 'wake_update', private.live_message('device_wake_payloads', tg_op, g.rows, g.ids))
    from (
        select
            n.company_id, jsonb_agg(jsonb_build_object('payload_id', n.payload_id)) as ids,
            case when count(*) <= 50 then jsonb_agg(jsonb_build_object(
                'payload_id', n.payload_id, 'device_id', n.device_id, 'session_id', n.site_device_session_id, 'image_id', n.image_id,
                'payload_status', n.payload_status, 'image_status', n.image_status) order by n.payload_id) end as rows
        from new_rows as n
        group by n.company_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_wake_updates() is 'Trigger: broadcasts wake_update on company:{id}.';
revoke all on function private.emit_wake_updates() from public;

create or replace trigger emit_wake_inserts after insert on public.device_wake_payloads
referencing new table as new_rows
for each statement execute function private.emit_wake_updates();
create or replace trigger emit_wake_updates after update on public.device_wake_payloads
referencing new table as new_rows
for each statement execute function private.emit_wake_updates();
