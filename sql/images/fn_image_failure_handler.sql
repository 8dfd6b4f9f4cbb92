-- purpose: the seed's name for an image that failed.
-- caller: the edge role.
-- promise: as private.fail_image, with the counters; a complete image stays complete, a failed one is failed once. Errors: not_found.
create or replace function public.fn_image_failure_handler(
    p_image_id uuid,
    p_error_code text,
    p_error_message text default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid;
    v_result jsonb;
begin
    select i.company_id into v_company_id from public.device_images as i where i.image_id = p_image_id;
    if not found then
        perform private.fail('not_found', 'image');
    end if;
    v_result := private.fail_image(v_company_id, p_image_id, p_error_code, p_error_message, p_now);
    perform private.recount_session(v_company_id, (v_result ->> 'session_id')::uuid);
    return v_result;
end;
$$;

comment on function public.fn_image_failure_handler(uuid, text, text, timestamptz) is
'Fails an incomplete image; answers {device_id, error_code, alert_created, …}. Errors: not_found.';
revoke all on function public.fn_image_failure_handler(uuid, text, text, timestamptz) from public;
grant execute on function public.fn_image_failure_handler(uuid, text, text, timestamptz) to edge, service_role;
