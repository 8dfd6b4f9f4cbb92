-- purpose: show a company its devices as they change.
-- caller: triggers on devices, once a statement.
-- promise: one message device_update a company; a statement that changed no row sends nothing.
create or replace function private.emit_device_updates() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit('company:' || g.company_id, 'device_update', private.live_message('devices', tg_op, g.rows, g.ids))
    from (
        select
            n.company_id, jsonb_agg(jsonb_build_object('device_id', n.device_id)) as ids,
            case when count(*) <= 50 then jsonb_agg(to_jsonb(n) order by n.device_id) end as rows
        from new_rows as n
        group by n.company_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_device_updates() is 'Trigger: broadcasts device_update on company:{id}.';
revoke all on function private.emit_device_updates() from public;

create or replace trigger emit_device_inserts after insert on public.devices
referencing new table as new_rows
for each statement execute function private.emit_device_updates();
create or replace trigger emit_device_updates after update on public.devices
referencing new table as new_rows
for each statement execute function private.emit_device_updates();
