-- purpose: push one message to the subscribers of a private topic.
-- caller: statement triggers, and functions whose effect has no row of its own.
-- promise: a failing push never breaks the write.
create or replace function private.emit(
    p_topic text,
    p_event text,
    p_payload jsonb
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform realtime.send(p_payload, p_event, p_topic, true);
exception when others then
    raise warning 'push to % failed: %', p_event, sqlerrm;
end;
$$;

comment on function private.emit(text, text, jsonb) is
'Broadcasts event and payload on a private topic (deployment:{id}, company:{id}); errors become warnings.';
revoke all on function private.emit(text, text, jsonb) from public;
