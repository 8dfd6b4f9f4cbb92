-- What the gateway's /auth/v1 calls: password check, sessions, rotation of refresh tokens, users. Only the role `gateway` may call it;
-- each function runs as lics_owner and answers jsonb: {"error": {status, code, message}} in GoTrue's words, or the result.
-- An error is returned, not raised, where its effect must last (a session deleted because its token was stolen).
\set ON_ERROR_STOP on
set client_min_messages = warning;

create schema if not exists gateway;
grant usage on schema gateway to gateway, lics_owner;

create or replace function gateway.auth_error(
  p_status int,
  p_code text,
  p_message text
) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('error', jsonb_build_object('status', p_status, 'code', p_code, 'message', p_message))
$$;

-- The user as clients read it.
create or replace function gateway.user_json(
  p_user auth.users
) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', p_user.id, 'aud', coalesce(p_user.aud, 'authenticated'), 'role', coalesce(p_user.role, 'authenticated'),
    'email', coalesce(p_user.email, ''), 'email_confirmed_at', p_user.email_confirmed_at, 'phone', coalesce(p_user.phone, ''),
    'confirmed_at', p_user.confirmed_at, 'last_sign_in_at', p_user.last_sign_in_at,
    'app_metadata', coalesce(p_user.raw_app_meta_data, '{}'), 'user_metadata', coalesce(p_user.raw_user_meta_data, '{}'),
    'identities', coalesce((select jsonb_agg(jsonb_build_object(
        'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data, 'provider', i.provider,
        'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at, 'updated_at', i.updated_at, 'email', i.email) order by i.created_at)
      from auth.identities i where i.user_id = p_user.id), '[]'),
    'created_at', p_user.created_at, 'updated_at', p_user.updated_at, 'banned_until', p_user.banned_until,
    'is_anonymous', p_user.is_anonymous)
$$;

-- Claims of an access token: GoTrue's, then what the product's hook makes of them. {"claims": …} or {"error": …}.
create or replace function gateway.claims(
  p_user auth.users,
  p_session_id uuid,
  p_signed_in_at timestamptz,
  p_method text,
  p_issuer text,
  p_ttl_s int
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()));
  v_claims jsonb := jsonb_build_object(
    'iss', p_issuer, 'sub', p_user.id, 'aud', coalesce(p_user.aud, 'authenticated'), 'exp', v_now + p_ttl_s, 'iat', v_now,
    'email', coalesce(p_user.email, ''), 'phone', coalesce(p_user.phone, ''),
    'app_metadata', coalesce(p_user.raw_app_meta_data, '{}'), 'user_metadata', coalesce(p_user.raw_user_meta_data, '{}'),
    'role', coalesce(p_user.role, 'authenticated'), 'aal', 'aal1',
    'amr', jsonb_build_array(jsonb_build_object('method', 'password', 'timestamp', floor(extract(epoch from p_signed_in_at))::bigint)),
    'session_id', p_session_id, 'is_anonymous', p_user.is_anonymous);
  v_answer jsonb;
begin
  if to_regprocedure('public.custom_access_token_hook(jsonb)') is null then
    return jsonb_build_object('claims', v_claims);
  end if;
  execute 'select public.custom_access_token_hook($1)' into v_answer
    using jsonb_build_object('user_id', p_user.id, 'claims', v_claims, 'authentication_method', p_method);
  if v_answer ? 'error' then
    return gateway.auth_error(coalesce((v_answer #>> '{error,http_code}')::int, 500), 'hook_refused',
                              coalesce(v_answer #>> '{error,message}', 'refused by the claims hook'));
  end if;
  -- as GoTrue's validator; and a hook may never make a user more than a user
  if v_answer -> 'claims' is null
     or not v_answer -> 'claims' ?& array['aud', 'exp', 'iat', 'sub', 'email', 'phone', 'role', 'aal', 'session_id', 'is_anonymous']
     or v_answer #>> '{claims,role}' not in ('authenticated', 'anon') then
    return gateway.auth_error(500, 'hook_payload_invalid', 'output claims do not conform to the expected schema');
  end if;
  return jsonb_build_object('claims', v_answer -> 'claims');
end $$;

create or replace function gateway.new_token() returns text
language sql volatile set search_path = '' as $$
  select translate(encode(extensions.gen_random_bytes(24), 'base64'), '+/', '-_')
$$;

create or replace function gateway.sign_in(
  p_email text,
  p_password text,
  p_issuer text,
  p_ttl_s int,
  p_ip inet,
  p_user_agent text
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user auth.users;
  v_known boolean;
  v_session_id uuid := gen_random_uuid();
  v_token text := gateway.new_token();
  v_answer jsonb;
  v_now timestamptz := clock_timestamp();
begin
  select u.* into v_user from auth.users u where u.email = lower(p_email) and not u.is_sso_user and u.deleted_at is null;
  v_known := found and coalesce(v_user.encrypted_password, '') like '$2a$%';
  -- an unknown address costs the same time as a wrong password
  if extensions.crypt(p_password, case when v_known then v_user.encrypted_password
                                       else '$2a$10$7EqJtq98hPqEX7fNZaFWoOhi5HMgpYqM1Zbf3wq1hDqBkYxK3OZ7C' end)
     is distinct from v_user.encrypted_password or not v_known then
    return gateway.auth_error(400, 'invalid_credentials', 'Invalid login credentials');
  end if;
  if v_user.banned_until > v_now then
    return gateway.auth_error(400, 'user_banned', 'User is banned');
  end if;
  if v_user.confirmed_at is null then
    return gateway.auth_error(400, 'email_not_confirmed', 'Email not confirmed');
  end if;
  v_answer := gateway.claims(v_user, v_session_id, v_now, 'password', p_issuer, p_ttl_s);
  if v_answer ? 'error' then
    return v_answer;
  end if;

  insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
  values (v_session_id, v_user.id, v_now, v_now, 'aal1', p_user_agent, p_ip);
  insert into auth.refresh_tokens (token, user_id, revoked, created_at, updated_at, session_id)
  values (v_token, v_user.id::text, false, v_now, v_now, v_session_id);
  update auth.users set last_sign_in_at = v_now, updated_at = v_now where id = v_user.id returning * into v_user;
  return v_answer || jsonb_build_object('refresh_token', v_token, 'user', gateway.user_json(v_user));
end $$;

-- Rotation. A revoked token is answered with the session's active token when its own child is the active one (the client never got
-- the answer) or when it was revoked less than 10 s ago (two tabs at once); else it is stolen or very old: the session ends.
create or replace function gateway.refresh(
  p_token text,
  p_issuer text,
  p_ttl_s int
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_old auth.refresh_tokens;
  v_active auth.refresh_tokens;
  v_session auth.sessions;
  v_user auth.users;
  v_token text;
  v_answer jsonb;
  v_now timestamptz;
begin
  select t.* into v_old from auth.refresh_tokens t where t.token = p_token;
  if not found then
    return gateway.auth_error(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
  end if;
  -- one at a time a session: of two that present the same token, the second sees what the first did
  select s.* into v_session from auth.sessions s where s.id = v_old.session_id for update;
  if not found then
    return gateway.auth_error(400, 'session_not_found', 'Invalid Refresh Token: No Valid Session Found');
  end if;
  v_now := clock_timestamp();
  select t.* into v_old from auth.refresh_tokens t where t.token = p_token;
  select u.* into v_user from auth.users u where u.id = v_session.user_id and u.deleted_at is null;
  if not found then
    return gateway.auth_error(400, 'session_not_found', 'Invalid Refresh Token: No Valid Session Found');
  end if;
  if v_user.banned_until > v_now then
    return gateway.auth_error(400, 'user_banned', 'Invalid Refresh Token: User Banned');
  end if;
  if v_session.not_after < v_now then
    return gateway.auth_error(400, 'session_expired', 'Invalid Refresh Token: Session Expired');
  end if;

  if v_old.revoked then
    select t.* into v_active from auth.refresh_tokens t
     where t.session_id = v_session.id and not t.revoked order by t.id desc limit 1;
    if not found or (v_active.parent is distinct from p_token and v_old.updated_at < v_now - interval '10 seconds') then
      delete from auth.sessions where id = v_session.id;
      return gateway.auth_error(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
    end if;
    v_token := v_active.token;
  end if;
  v_answer := gateway.claims(v_user, v_session.id, v_session.created_at, 'token_refresh', p_issuer, p_ttl_s);
  if v_answer ? 'error' then
    return v_answer;
  end if;

  if v_token is null then
    v_token := gateway.new_token();
    update auth.refresh_tokens set revoked = true, updated_at = v_now where id = v_old.id;
    insert into auth.refresh_tokens (token, user_id, revoked, created_at, updated_at, parent, session_id)
    values (v_token, v_old.user_id, false, v_now, v_now, p_token, v_session.id);
    update auth.sessions set refreshed_at = v_now at time zone 'UTC', updated_at = v_now where id = v_session.id;
  end if;
  return v_answer || jsonb_build_object('refresh_token', v_token, 'user', gateway.user_json(v_user));
end $$;

-- The user behind an access token whose session still lives.
create or replace function gateway.session_user_json(
  p_user_id uuid,
  p_session_id uuid
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user auth.users;
begin
  select u.* into v_user from auth.users u where u.id = p_user_id and u.deleted_at is null;
  if not found then
    return gateway.auth_error(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  end if;
  if not exists (select from auth.sessions s where s.id = p_session_id and s.user_id = p_user_id) then
    return gateway.auth_error(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  end if;
  if v_user.banned_until > clock_timestamp() then
    return gateway.auth_error(403, 'user_banned', 'User is banned');
  end if;
  return jsonb_build_object('user', gateway.user_json(v_user));
end $$;

create or replace function gateway.sign_out(
  p_user_id uuid,
  p_session_id uuid,
  p_scope text
) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from auth.sessions s where s.id = p_session_id and s.user_id = p_user_id) then
    return gateway.auth_error(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  end if;
  delete from auth.sessions s
   where s.user_id = p_user_id
     and case p_scope when 'local' then s.id = p_session_id
                      when 'others' then s.id <> p_session_id
                      else true end;
  return '{}';
end $$;

-- Changes by the user (p_session_id given: email, password, data) or by an admin (null: also app_metadata, ban, confirmation).
-- p_changes: {email?, password?, user_metadata?, app_metadata?, ban_s? (0 lifts), email_confirm?}; metadata is merged, null removes a key.
create or replace function gateway.update_user(
  p_user_id uuid,
  p_session_id uuid,
  p_changes jsonb
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user auth.users;
  v_email text := lower(p_changes ->> 'email');
  v_password text := p_changes ->> 'password';
  v_now timestamptz := clock_timestamp();
begin
  select u.* into v_user from auth.users u where u.id = p_user_id and u.deleted_at is null for update;
  if not found then
    return gateway.auth_error(case when p_session_id is null then 404 else 403 end, 'user_not_found', 'User not found');
  end if;
  if v_email is not null and exists (select from auth.users u where u.email = v_email and u.id <> p_user_id and not u.is_sso_user) then
    return gateway.auth_error(422, 'email_exists', 'A user with this email address has already been registered');
  end if;
  if v_password is not null and p_session_id is not null
     and extensions.crypt(v_password, v_user.encrypted_password) = v_user.encrypted_password then
    return gateway.auth_error(422, 'same_password', 'New password should be different from the old password.');
  end if;

  update auth.users
     set email = coalesce(v_email, email),
         encrypted_password = case when v_password is null then encrypted_password
                                   else extensions.crypt(v_password, extensions.gen_salt('bf', 10)) end,
         raw_user_meta_data = jsonb_strip_nulls(coalesce(raw_user_meta_data, '{}') || coalesce(p_changes -> 'user_metadata', '{}')),
         raw_app_meta_data = case when p_session_id is not null then raw_app_meta_data
           else jsonb_strip_nulls(coalesce(raw_app_meta_data, '{}') || coalesce(p_changes -> 'app_metadata', '{}')) end,
         banned_until = case when p_session_id is not null or not p_changes ? 'ban_s' then banned_until
           when (p_changes ->> 'ban_s')::bigint = 0 then null
           else v_now + (p_changes ->> 'ban_s')::bigint * interval '1 second' end,
         email_confirmed_at = case when p_session_id is null and (p_changes ->> 'email_confirm')::boolean
           then coalesce(email_confirmed_at, v_now) else email_confirmed_at end,
         updated_at = v_now
   where id = p_user_id
  returning * into v_user;
  if v_email is not null then
    update auth.identities set identity_data = identity_data || jsonb_build_object('email', v_email), updated_at = v_now
     where user_id = p_user_id and provider = 'email';
  end if;
  -- a new password ends every other session; an admin's ends all
  if v_password is not null then
    delete from auth.sessions where user_id = p_user_id and id is distinct from p_session_id;
  end if;
  return jsonb_build_object('user', gateway.user_json(v_user));
end $$;
