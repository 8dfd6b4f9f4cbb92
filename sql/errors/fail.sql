-- purpose: raise one of our errors by name.
-- caller: every function of ours that refuses something.
-- promise: under PostgREST the HTTP answer has the error's status and a body {code, message, details, hint};
--   elsewhere (psql, handlers, jobs) it is an exception with the error's SQLSTATE. Never returns.
create or replace function private.fail(
    p_name text,
    p_detail text default null
) returns void
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_error private.error_codes;
begin
    select * into v_error from private.error_codes as e where e.name = p_name;
    if not found then
        raise exception 'unknown error name %', p_name using errcode = 'L9999';
    end if;
    -- PostgREST sets request.method for every request it runs; nothing else does.
    if nullif(current_setting('request.method', true), '') is not null then
        raise sqlstate 'PGRST' using
            message = jsonb_build_object(
                'code', v_error.code, 'message', v_error.name || ': ' || v_error.message,
                'details', p_detail, 'hint', v_error.hint)::text,
            detail = jsonb_build_object('status', v_error.http_status, 'headers', '{}'::jsonb)::text;
    end if;
    raise exception '%', v_error.name || ': ' || v_error.message
        using errcode = v_error.code, detail = coalesce(p_detail, ''), hint = v_error.hint;
end;
$$;

comment on function private.fail(text, text) is
'Raises the error of that name: as JSON with HTTP status under PostgREST, as SQLSTATE L.... elsewhere.';
revoke all on function private.fail(text, text) from public;
grant execute on function private.fail(text, text) to anon, authenticated, service_role, device, edge;
