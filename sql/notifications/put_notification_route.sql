-- purpose: where a company's alerts go.
-- caller: people (admin), rpc/put_notification_route.
-- promise: makes a route, or replaces everything but the channel of the one with p_route_id. The secret that signs a webhook is in the answer when
--   the route is made, once; another URL is another route. Errors: not_signed_in, role_required, not_found, bad_input.
create or replace function public.put_notification_route(
    p_name text,
    p_channel text,
    p_target text default null,
    p_min_severity text default 'warning',
    p_alert_types text[] default null,
    p_is_active boolean default true,
    p_route_id uuid default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_before public.notification_routes;
    v_after public.notification_routes;
    v_types constant text[] := (
        select array_agg(m.found[1])
        from pg_catalog.pg_constraint as k,
            regexp_matches(pg_catalog.pg_get_constraintdef(k.oid), '''([a-z_]+)''', 'g') as m (found)
        where k.conrelid = 'public.device_alerts'::regclass and k.conname = 'device_alerts_alert_type_check');
    v_secret text;
begin
    if not coalesce(p_alert_types <@ v_types, true) then
        perform private.fail('bad_input', 'alert_types: unknown type');
    end if;
    if p_route_id is not null then
        select * into v_before
        from public.notification_routes as r
        where r.company_id = v_company_id and r.route_id = p_route_id and r.archived_at is null
        for update;
        if not found then
            perform private.fail('not_found', 'route');
        elsif p_channel is distinct from v_before.channel or (p_channel = 'webhook' and p_target is distinct from v_before.target) then
            -- the secret was told for that URL
            perform private.fail('bad_input', 'channel, and the URL of a webhook, cannot change: make another route');
        end if;
    end if;
    begin
        insert into public.notification_routes as r (
            company_id, route_id, name, channel, target, min_severity, alert_types, is_active, created_by, created_at, updated_at)
        values (
            v_company_id, coalesce(p_route_id, private.new_id()), trim(p_name), p_channel, p_target, p_min_severity, p_alert_types,
            p_is_active, auth.uid(), p_now, p_now)
        on conflict (company_id, route_id) do update
        set
            name = excluded.name, target = excluded.target, min_severity = excluded.min_severity, alert_types = excluded.alert_types,
            is_active = excluded.is_active, updated_at = excluded.updated_at
        returning * into v_after;
    exception when check_violation or not_null_violation then
        perform private.fail('bad_input', 'name, channel, target or min_severity');
    end;
    if v_after.channel = 'webhook' and v_before.route_id is null then
        v_secret := 'whsec_' || translate(encode(extensions.gen_random_bytes(32), 'base64'), '+/=', '-_');
        insert into private.notification_secrets (company_id, route_id, secret, created_at)
        values (v_company_id, v_after.route_id, v_secret, p_now);
    end if;
    insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row, new_row)
    values (
        v_company_id, p_now, auth.uid(), 'admin', 'put_notification_route', 'notification_routes', v_after.route_id,
        case when v_before.route_id is not null then to_jsonb(v_before) end, to_jsonb(v_after));
    return to_jsonb(v_after) || case when v_secret is not null then jsonb_build_object('secret', v_secret) else '{}' end;
end;
$$;

comment on function public.put_notification_route(text, text, text, text, text[], boolean, uuid, timestamptz) is
'Makes or changes a route of notifications; answers its row, and once the secret of a webhook. Admins. Errors: not_found (404), bad_input (422).';
revoke all on function public.put_notification_route(text, text, text, text, text[], boolean, uuid, timestamptz) from public;
grant execute on function public.put_notification_route(text, text, text, text, text[], boolean, uuid, timestamptz) to authenticated;
