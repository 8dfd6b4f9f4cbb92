-- purpose: forget old log lines.
-- caller: the owner, by psql or a job.
-- promise: lines received before p_before go; one audit entry a company with the count.
create or replace function private.purge_logs(
    p_before timestamptz
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_logs bigint;
begin
    if p_before is null then
        perform private.fail('bad_input', 'p_before');
    end if;
    perform set_config('lics.purge', 'on', true);
    with gone as (
        delete from public.device_logs as l where l.received_at < p_before returning l.company_id
    ),

    noted as (
        insert into public.audit_log (company_id, actor_role, action, entity, new_row)
        select g.company_id, 'lics_owner', 'purge_logs', 'device_logs', jsonb_build_object('logs', count(*), 'before', p_before)
        from gone as g
        group by g.company_id
    )

    select count(*) into v_logs from gone;
    perform set_config('lics.purge', '', true);
    return jsonb_build_object('logs', v_logs);
end;
$$;

comment on function private.purge_logs(timestamptz) is 'Deletes log lines received before a time, audited; owner only. Answers {logs}.';
revoke all on function private.purge_logs(timestamptz) from public;
