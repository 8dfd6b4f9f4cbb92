-- purpose: one account for all cameras of a company.
-- caller: people (admin), rpc/rotate_fleet_account.
-- promise: user fleet-<company_id> with a new password, in this answer and nowhere else; it may act for every camera of the company, imported ones too.
--   Errors: not_signed_in, role_required.
create or replace function public.rotate_fleet_account() returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_password text := private.create_fleet_account(v_company_id);
begin
    insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, entity_id)
    values (v_company_id, auth.uid(), 'admin', 'rotate_fleet_account', 'companies', v_company_id);
    return jsonb_build_object('mqtt_user', 'fleet-' || v_company_id, 'mqtt_password', v_password);
end;
$$;

comment on function public.rotate_fleet_account() is
'A new password for the company''s fleet account (admins), shown once; answers {mqtt_user, mqtt_password}. Errors: role_required.';
revoke all on function public.rotate_fleet_account() from public;
grant execute on function public.rotate_fleet_account() to authenticated;
