-- purpose: a route is used no longer.
-- caller: people (admin), rpc/archive_notification_route.
-- promise: nothing is sent to it any more, also what was queued; its deliveries stay to be read, its secret is gone. Again is allowed.
--   Errors: not_signed_in, role_required, not_found.
create or replace function public.archive_notification_route(
    p_route_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
begin
    if not exists (select from public.notification_routes as r where r.company_id = v_company_id and r.route_id = p_route_id) then
        perform private.fail('not_found', 'route');
    end if;
    update public.notification_routes as r set archived_at = p_now, is_active = false, updated_at = p_now
    where r.company_id = v_company_id and r.route_id = p_route_id and r.archived_at is null;
    if found then
        delete from private.notification_secrets as s where s.company_id = v_company_id and s.route_id = p_route_id;
        update public.notification_deliveries as y set status = 'failed', finished_at = p_now
        where y.company_id = v_company_id and y.route_id = p_route_id and y.status = 'queued';
        insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id)
        values (v_company_id, p_now, auth.uid(), 'admin', 'archive_notification_route', 'notification_routes', p_route_id);
    end if;
    return jsonb_build_object('route_id', p_route_id, 'archived', true);
end;
$$;

comment on function public.archive_notification_route(uuid, timestamptz) is
'Ends a route of notifications; answers {route_id, archived}. Admins. Error: not_found (404).';
revoke all on function public.archive_notification_route(uuid, timestamptz) from public;
grant execute on function public.archive_notification_route(uuid, timestamptz) to authenticated;
