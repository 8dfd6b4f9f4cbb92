-- Stand-in for hosted's schema `realtime`: the table of messages, realtime.send() and its relatives with hosted's signatures, and the
-- publication. The gateway tails realtime.messages and delivers; the product writes only through realtime.send() and owns the policies.
\set ON_ERROR_STOP on
set client_min_messages = warning;

create schema if not exists realtime;
grant usage on schema realtime to lics_owner, anon, authenticated, service_role, gateway;

-- Behind hosted's columns: `xid` for the snapshot cursor (a row is new when its transaction was not visible in the former snapshot; an
-- order by sequence alone would miss what commits late), `seq` for the order of delivery, `slot` for retention. Hosted drops a
-- partition a day; five fixed partitions emptied in turn need no DDL while handlers write, and one is never missing.
create sequence if not exists realtime.messages_seq;
create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  xid xid8 not null default pg_current_xact_id(),
  seq bigint not null default nextval('realtime.messages_seq'),
  slot smallint not null default ((extract(epoch from now())::bigint / 86400) % 5),
  primary key (id, inserted_at, slot)
) partition by list (slot);

select format('create table if not exists realtime.messages_%s partition of realtime.messages for values in (%s)', i, i)
  from generate_series(0, 4) as i
\gexec
create index if not exists messages_xid_idx on realtime.messages (xid);

alter table realtime.messages owner to lics_owner;
alter sequence realtime.messages_seq owner to lics_owner;
select format('alter table realtime.messages_%s owner to lics_owner', i) from generate_series(0, 4) as i \gexec
select format('alter table realtime.messages_%s enable row level security', i) from generate_series(0, 4) as i \gexec
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant usage on sequence realtime.messages_seq to anon, authenticated, service_role;

create or replace function realtime.topic() returns text
language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')::text
$$;

-- Never raises: a push must not break the write that causes it.
create or replace function realtime.send(
  payload jsonb,
  event text,
  topic text,
  private boolean default true
) returns void
language plpgsql as $$
declare
  v_id uuid := gen_random_uuid();
begin
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (v_id,
            case when jsonb_typeof(payload) = 'object' and not payload ? 'id' then payload || jsonb_build_object('id', v_id) else payload end,
            event, topic, private, 'broadcast');
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end $$;

create or replace function realtime.broadcast_changes(
  topic_name text,
  event_name text,
  operation text,
  table_name text,
  table_schema text,
  new record,
  old record,
  level text default 'ROW'
) returns void
language plpgsql as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  perform realtime.send(
    jsonb_build_object('old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema),
    event_name, topic_name, true);
end $$;

-- `wal_level` may be below logical (a warning): here the publication only names the tables that postgres_changes covers.
set client_min_messages = error;
select 'create publication supabase_realtime'
 where not exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime')
\gexec
alter publication supabase_realtime owner to lics_owner;
