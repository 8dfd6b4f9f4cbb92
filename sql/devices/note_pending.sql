-- purpose: remember a MAC that nobody has mapped.
-- caller: the ingest functions for cameras.
-- promise: one directory row a MAC without a company; the last HELLO is kept for the person who will map it. A known device's row stays its own.
create or replace function private.note_pending(
    p_mac text,
    p_prefix text,
    p_topic_id text,
    p_enrolment boolean,
    p_hello jsonb,
    p_now timestamptz default now()
) returns void
language sql
security definer
set search_path = ''
as $$
    insert into private.device_directory as y
        (device_mac, topic_prefix, topic_id, hello, first_seen_at, last_seen_at, seen_on_enrolment_at)
    values (p_mac, p_prefix, p_topic_id, p_hello, p_now, p_now, case when p_enrolment then p_now end)
    on conflict (device_mac) do update
    set
        topic_prefix = excluded.topic_prefix,
        topic_id = excluded.topic_id,
        hello = coalesce(excluded.hello, y.hello),
        last_seen_at = excluded.last_seen_at,
        seen_on_enrolment_at = coalesce(excluded.seen_on_enrolment_at, y.seen_on_enrolment_at)
    where y.device_id is null;
$$;

comment on function private.note_pending(text, text, text, boolean, jsonb, timestamptz) is 'Enters or refreshes a pending device in the directory.';
revoke all on function private.note_pending(text, text, text, boolean, jsonb, timestamptz) from public;
