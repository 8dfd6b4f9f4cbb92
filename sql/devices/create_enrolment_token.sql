-- purpose: let a rig register itself, once.
-- caller: an admin.
-- promise: the token is in this answer and nowhere else; it works once, until it expires.
create or replace function public.create_enrolment_token(
    p_ttl interval default '1 day'
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_token text := 'licsenrol_' || encode(extensions.gen_random_bytes(32), 'hex');
    v_row private.enrolment_tokens;
begin
    if p_ttl is null or p_ttl < interval '1 minute' or p_ttl > interval '30 days' then
        perform private.fail('bad_input', 'p_ttl: 1 minute to 30 days');
    end if;
    insert into private.enrolment_tokens (company_id, token_sha256, created_by, expires_at)
    values (v_company_id, sha256(convert_to(v_token, 'UTF8')), auth.uid(), now() + p_ttl)
    returning * into v_row;
    insert into public.audit_log (company_id, actor_user_id, actor_role, action, entity, entity_id, new_row)
    values (
        v_company_id, auth.uid(), 'admin', 'create_enrolment_token', 'enrolment_tokens', v_row.token_id,
        jsonb_build_object('expires_at', v_row.expires_at)
    );
    return jsonb_build_object('enrolment_token', v_token, 'expires_at', v_row.expires_at);
end;
$$;

comment on function public.create_enrolment_token(interval) is
'A single-use token for register_device; answers {enrolment_token, expires_at}. Admins. Error: bad_input (422).';
revoke all on function public.create_enrolment_token(interval) from public;
grant execute on function public.create_enrolment_token(interval) to authenticated;
