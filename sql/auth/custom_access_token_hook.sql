-- purpose: refuse tokens to deactivated people, and put slow facts into the claims as a hint for clients.
-- caller: hosted's auth server, and our gateway, when a token is made or refreshed.
-- promise: RLS never reads these claims; it reads the tables, so that a switch counts at once.
create or replace function public.custom_access_token_hook(
    event jsonb
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_user public.users;
begin
    select * into v_user from public.users as u where u.user_id = (event ->> 'user_id')::uuid;
    if found and not v_user.is_active then
        return jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', 'user is deactivated'));
    end if;
    return jsonb_set(event, '{claims}', (event -> 'claims') || jsonb_build_object(
        'company_id', v_user.company_id, 'is_super_admin', coalesce(v_user.is_super_admin, false)));
end;
$$;

comment on function public.custom_access_token_hook(jsonb) is
'Auth hook: refuses deactivated people (403), adds company_id and is_super_admin to the claims as hints.';
revoke all on function public.custom_access_token_hook(jsonb) from public;
grant execute on function public.custom_access_token_hook(jsonb) to supabase_auth_admin, service_role;
