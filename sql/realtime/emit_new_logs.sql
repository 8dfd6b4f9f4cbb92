-- purpose: show new log lines to whoever watches their run.
-- caller: trigger on device_logs, once a statement.
-- promise: one message new_log a run; lines without a run are not pushed.
create or replace function private.emit_new_logs() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit(
        'deployment:' || g.deployment_id, 'new_log', private.live_message('device_logs', tg_op, g.rows, g.ids))
    from (
        select
            n.deployment_id, jsonb_agg(jsonb_build_object('log_id', n.log_id, 'line_no', n.line_no)) as ids,
            case when count(*) <= 50 then (
                select jsonb_agg(to_jsonb(r) order by r.line_no, r.log_id)
                from new_rows as r where r.deployment_id = n.deployment_id
            ) end as rows
        from new_rows as n
        where n.deployment_id is not null
        group by n.deployment_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_new_logs() is 'Trigger: broadcasts new_log on deployment:{id}.';
revoke all on function private.emit_new_logs() from public;

create or replace trigger emit_new_logs after insert on public.device_logs
referencing new table as new_rows
for each statement execute function private.emit_new_logs();
