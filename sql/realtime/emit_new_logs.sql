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
            w.deployment_id, jsonb_agg(jsonb_build_object('log_id', (w.r).log_id, 'line_no', (w.r).line_no)) as ids,
            jsonb_agg(to_jsonb(w.r) order by (w.r).line_no, (w.r).log_id) filter (where w.n <= 50) as rows
        from (
            select r, r.deployment_id, count(*) over (partition by r.deployment_id) as n
            from new_rows as r
            where r.deployment_id is not null
        ) as w
        group by w.deployment_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_new_logs() is 'Trigger: broadcasts new_log on deployment:{id}.';
revoke all on function private.emit_new_logs() from public;

create or replace trigger emit_new_logs after insert on public.device_logs
referencing new table as new_rows
for each statement execute function private.emit_new_logs();
