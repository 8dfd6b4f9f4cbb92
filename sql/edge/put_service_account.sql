-- purpose: the broker accounts of our own parts: the edge, and the enrolment listener.
-- caller: the seed, an operator.
-- promise: the account has this password; a repeat changes nothing.
create or replace function private.put_service_account(
    p_kind text,
    p_username text,
    p_password text
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    if p_kind is null or p_kind not in ('edge', 'enrol') then
        perform private.fail('bad_input', 'kind: edge or enrol');
    end if;
    perform private.put_account(null, null, p_username, p_kind, p_password);
end;
$$;

comment on function private.put_service_account(text, text, text) is 'Makes or renews the broker account of the edge or of the enrolment listener.';
revoke all on function private.put_service_account(text, text, text) from public;
