-- purpose: show a company its alerts as they change.
-- caller: triggers on device_alerts, once a statement.
-- promise: one message alert a company; a statement that changed no row sends nothing.
create or replace function private.emit_alerts() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit('company:' || g.company_id, 'alert', private.live_message('device_alerts', tg_op, g.rows, g.ids))
    from (
        select
            n.company_id, jsonb_agg(jsonb_build_object('alert_id', n.alert_id)) as ids,
            case when count(*) <= 50 then jsonb_agg(to_jsonb(n) order by n.alert_id) end as rows
        from new_rows as n
        group by n.company_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_alerts() is 'Trigger: broadcasts alert on company:{id}.';
revoke all on function private.emit_alerts() from public;

create or replace trigger emit_alert_inserts after insert on public.device_alerts
referencing new table as new_rows
for each statement execute function private.emit_alerts();
create or replace trigger emit_alert_updates after update on public.device_alerts
referencing new table as new_rows
for each statement execute function private.emit_alerts();
