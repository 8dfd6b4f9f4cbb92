-- purpose: one account for all cameras of a company whose firmware cannot hold an account each.
-- caller: an operator; the seed.
-- promise: user fleet-<company_id>, may act for every camera of the company and for no other; returns the password, which is kept nowhere.
create or replace function private.create_fleet_account(
    p_company_id uuid
) returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_password text := encode(extensions.gen_random_bytes(16), 'hex');
begin
    perform private.put_account(p_company_id, null, 'fleet-' || p_company_id::text, 'fleet', v_password);
    return v_password;
end;
$$;

comment on function private.create_fleet_account(uuid) is
'Makes (or renews) the broker account fleet-<company_id> for all cameras of a company; answers the password, once.';
revoke all on function private.create_fleet_account(uuid) from public;
