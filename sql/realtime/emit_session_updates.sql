-- purpose: show a company its site days as they change.
-- caller: triggers on site_device_sessions, once a statement.
-- promise: one message session_update a company; a statement that changed no row sends nothing.
create or replace function private.emit_session_updates() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit('company:' || g.company_id, 'session_update', private.live_message('site_device_sessions', tg_op, g.rows, g.ids))
    from (
        select
            n.company_id, jsonb_agg(jsonb_build_object('session_id', n.session_id)) as ids,
            case when count(*) <= 50 then jsonb_agg(to_jsonb(n) order by n.session_id) end as rows
        from new_rows as n
        group by n.company_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_session_updates() is 'Trigger: broadcasts session_update on company:{id}.';
revoke all on function private.emit_session_updates() from public;

create or replace trigger emit_session_inserts after insert on public.site_device_sessions
referencing new table as new_rows
for each statement execute function private.emit_session_updates();
create or replace trigger emit_session_updates after update on public.site_device_sessions
referencing new table as new_rows
for each statement execute function private.emit_session_updates();
