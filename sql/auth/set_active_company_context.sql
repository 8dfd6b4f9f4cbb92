-- purpose: choose the company to look at.
-- caller: people, through rpc/set_active_company_context.
-- promise: super admins may choose any company, others only their own; the users row is never touched;
--   the live engine is told, so that open channels of the former company close at once.
create or replace function public.set_active_company_context(
    p_company_id uuid
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_user_id uuid := auth.uid();
    v_user public.users;
    v_before uuid := public.get_active_company_id();
begin
    select * into v_user from public.users as u where u.user_id = v_user_id and u.is_active;
    if not found then
        perform private.fail('not_signed_in');
    end if;
    if p_company_id is distinct from v_user.company_id and not v_user.is_super_admin then
        perform private.fail('company_not_allowed');
    end if;
    if not exists (select from public.companies as c where c.company_id = p_company_id) then
        perform private.fail('not_found', 'company');
    end if;

    insert into public.user_active_company_context (user_id, company_id)
    values (v_user_id, p_company_id)
    on conflict (user_id) do update set company_id = excluded.company_id, set_at = now();

    if v_before is distinct from p_company_id then
        insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, entity_id, old_row, new_row)
        values (
            p_company_id, v_user_id, case when v_user.is_super_admin then 'super_admin' else v_user.role end,
            'set_active_company_context', 'user_active_company_context', v_user_id,
            jsonb_build_object('company_id', v_before), jsonb_build_object('company_id', p_company_id)
        );
        perform private.emit('__control', 'reauthorize', jsonb_build_object('sub', v_user_id));
    end if;
    return jsonb_build_object('company_id', p_company_id);
end;
$$;

comment on function public.set_active_company_context(uuid) is
'Chooses the company to look at; answers {company_id}. Errors: company_not_allowed (403), not_found (404), not_signed_in (401).';
revoke all on function public.set_active_company_context(uuid) from public;
grant execute on function public.set_active_company_context(uuid) to authenticated;
