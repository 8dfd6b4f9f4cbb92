-- What the gateway's admin endpoints, storage and realtime call beside the tables; see 04_gateway_auth.sql.
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- p_new: {id?, email, password?, user_metadata?, app_metadata?, email_confirm?, ban_s?}
create or replace function gateway.create_user(
  p_new jsonb
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user auth.users;
  v_email text := lower(p_new ->> 'email');
  v_now timestamptz := clock_timestamp();
  v_id uuid := coalesce((p_new ->> 'id')::uuid, gen_random_uuid());
begin
  insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
                          raw_user_meta_data, banned_until, created_at, updated_at)
  values ('00000000-0000-0000-0000-000000000000', v_id, 'authenticated', 'authenticated', v_email,
          extensions.crypt(coalesce(p_new ->> 'password', gateway.new_token()), extensions.gen_salt('bf', 10)),
          case when (p_new ->> 'email_confirm')::boolean then v_now end,
          '{"provider": "email", "providers": ["email"]}'::jsonb || coalesce(p_new -> 'app_metadata', '{}'),
          coalesce(p_new -> 'user_metadata', '{}'),
          v_now + nullif((p_new ->> 'ban_s')::bigint, 0) * interval '1 second', v_now, v_now)
  on conflict do nothing
  returning * into v_user;
  if not found then
    return gateway.auth_error(422, 'email_exists', 'A user with this email address has already been registered');
  end if;
  insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
  values (v_id::text, v_id, jsonb_build_object('sub', v_id, 'email', v_email, 'email_verified', v_user.email_confirmed_at is not null),
          'email', v_now, v_now);
  return jsonb_build_object('user', gateway.user_json(v_user));
end $$;

create or replace function gateway.get_user(
  p_user_id uuid
) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce((select jsonb_build_object('user', gateway.user_json(u)) from auth.users u where u.id = p_user_id and u.deleted_at is null),
                  gateway.auth_error(404, 'user_not_found', 'User not found'))
$$;

create or replace function gateway.list_users(
  p_limit int,
  p_offset int
) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'total', (select count(*) from auth.users where deleted_at is null),
    'users', coalesce((select jsonb_agg(gateway.user_json(u) order by u.created_at desc, u.id)
                         from (select * from auth.users where deleted_at is null
                                order by created_at desc, id limit p_limit offset p_offset) u), '[]'))
$$;

create or replace function gateway.delete_user(
  p_user_id uuid,
  p_soft boolean
) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if p_soft then
    -- the row stays for what refers to it; address and password go
    update auth.users set deleted_at = clock_timestamp(), email = null, phone = null, encrypted_password = null,
                          raw_user_meta_data = '{}' where id = p_user_id and deleted_at is null;
  else
    delete from auth.users where id = p_user_id;
  end if;
  if not found then
    return gateway.auth_error(404, 'user_not_found', 'User not found');
  end if;
  if p_soft then
    delete from auth.sessions where user_id = p_user_id;
    delete from auth.identities where user_id = p_user_id;
  end if;
  return '{}';
end $$;

-- A bucket's limits, which the caller of an upload need not be able to select.
create or replace function gateway.bucket(
  p_bucket_id text
) returns table (is_public boolean, file_size_limit bigint, allowed_mime_types text[])
language sql stable security definer set search_path = '' as $$
  select coalesce(b.public, false), b.file_size_limit, b.allowed_mime_types from storage.buckets b where b.id = p_bucket_id
$$;

-- An object whose bytes lie on disk already, for the service key, which no policy binds. No row: the name is taken (and not p_upsert).
create or replace function gateway.put_object(
  p_bucket_id text,
  p_name text,
  p_version text,
  p_metadata jsonb,
  p_user_metadata jsonb,
  p_upsert boolean
) returns table (object_id uuid, former_version text)
language plpgsql security definer set search_path = '' as $$
begin
  -- twice: another may insert the name between our update and our insert
  for v_try in 1 .. 2 loop
    if p_upsert then
      return query
        update storage.objects o
           set version = p_version, metadata = p_metadata, user_metadata = p_user_metadata, updated_at = now()
          from (select f.id, f.version from storage.objects f where f.bucket_id = p_bucket_id and f.name = p_name for update) was
         where o.id = was.id
        returning o.id, was.version;
      exit when found;
    end if;
    return query
      insert into storage.objects (bucket_id, name, version, metadata, user_metadata)
      values (p_bucket_id, p_name, p_version, p_metadata, p_user_metadata)
      on conflict (bucket_id, name) do nothing
      returning id, null::text;
    exit when found or not p_upsert;
  end loop;
end $$;

-- Messages committed since p_snapshot, in order, each with the snapshot to pass next (alone on a row when there is no message).
-- A row is new when its transaction had not started (>= xmax) or was running (in xip) at the former snapshot: exact under concurrent
-- writers, which "seq > last" is not. No row at all: nothing was committed. Being stable, all here sees one snapshot.
-- p_max bounds one answer: with that many rows the caller must give up its place.
create or replace function gateway.poll_messages(
  p_snapshot text,
  p_max int
) returns table (snapshot text, seq bigint, id uuid, topic text, event text, private boolean, payload text)
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = force_custom_plan set enable_seqscan = off as $$
declare
  v_now text := pg_current_snapshot()::text;
  v_xmax xid8 := pg_snapshot_xmax(p_snapshot::pg_snapshot);
  v_running xid8[] := array(select pg_snapshot_xip(p_snapshot::pg_snapshot));
begin
  if v_now = p_snapshot then
    return;
  end if;
  return query
    select v_now, m.seq, m.id, m.topic, m.event, m.private, m.payload::text
      from (select) as always
      left join (
        (select r.* from realtime.messages r where r.xid >= v_xmax limit p_max)
        union all
        (select r.* from realtime.messages r where r.xid = any(v_running))
      ) m on m.extension = 'broadcast'
     order by m.seq;
end $$;

-- A row for asking the product's policy "may this user read the topic"; the caller rolls it back.
create or replace function gateway.probe_message(
  p_topic text
) returns uuid
language sql volatile security definer set search_path = '' as $$
  insert into realtime.messages (topic, extension, event, payload, private)
  values (p_topic, 'broadcast', 'probe', '{}', true)
  returning id
$$;

-- Hourly by the gateway: messages live between 72 and 96 hours; the partition of tomorrow is emptied. Used refresh tokens go after
-- a day, except the parent of an active one (its client may still present it).
create or replace function gateway.purge(
  p_now timestamptz
) returns void
language plpgsql security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  v_slot int := (extract(epoch from p_now)::bigint / 86400 + 1) % 5;
  v_stale boolean;
begin
  execute format('select exists (select from realtime.messages_%s)', v_slot) into v_stale;
  if v_stale then
    execute format('truncate realtime.messages_%s', v_slot);
  end if;
  delete from auth.refresh_tokens t
   where t.revoked and t.updated_at < p_now - interval '1 day'
     and not exists (select from auth.refresh_tokens c where c.parent = t.token and not c.revoked);
end $$;

select format('alter function %s owner to lics_owner; revoke execute on function %1$s from public; grant execute on function %1$s to gateway',
              p.oid::regprocedure)
  from pg_catalog.pg_proc p
 where p.pronamespace = 'gateway'::regnamespace
\gexec
