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
            n.deployment_id, jsonb_agg(jsonb_build_object('trial_id', n.trial_id, 'seq', n.seq, 'rev', n.rev)) as ids,
            case when count(*) <= 50 then (
                select jsonb_agg(to_jsonb(r) - 'content_sha256' order by r.seq, r.trial_number)
                from new_rows as r where r.deployment_id = n.deployment_id
            ) end as rows
        from new_rows as n
        group by n.deployment_id
    ) as g;
    return null;
end;
$$;

comment on function private.emit_new_trials() is 'Trigger: broadcasts new_trial on deployment:{id}.';
revoke all on function private.emit_new_trials() from public;

create or replace trigger emit_new_trials after insert on public.trial_results
referencing new table as new_rows
for each statement execute function private.emit_new_trials();
