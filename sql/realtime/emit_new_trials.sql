-- purpose: show new trials to whoever watches their run.
-- caller: trigger on trial_results, once a statement.
-- promise: one message new_trial a run; a failing push never breaks the write (private.emit).
create or replace function private.emit_new_trials() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.emit(
        'deployment:' || g.deployment_id, 'new_trial', private.live_message('trial_results', tg_op, g.rows, g.ids))
    from (
        select
            w.deployment_id, jsonb_agg(jsonb_build_object('trial_id', (w.r).trial_id, 'seq', (w.r).seq, 'rev', (w.r).rev)) as ids,
            jsonb_agg(to_jsonb(w.r) - 'content_sha256' order by (w.r).seq, (w.r).trial_number) filter (where w.n <= 50) as rows
        from (
            select r, r.deployment_id, count(*) over (partition by r.deployment_id) as n
            from new_rows as r
        ) as w
        group by w.deployment_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_new_trials() is 'Trigger: broadcasts new_trial on deployment:{id}.';
revoke all on function private.emit_new_trials() from public;

create or replace trigger emit_new_trials after insert on public.trial_results
referencing new table as new_rows
for each statement execute function private.emit_new_trials();
