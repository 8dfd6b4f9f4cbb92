-- purpose: the seed's name for an image that is stored.
-- caller: the edge role.
-- promise: as private.complete_image, with the counters; called again it answers the same. Errors: not_found, bad_input.
create or replace function public.fn_image_completion_handler(
    p_image_id uuid,
    p_image_url text,
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
    v_result := private.complete_image(v_company_id, p_image_id, p_image_url, false, p_now);
    perform private.recount_session(v_company_id, (v_result ->> 'session_id')::uuid);
    return v_result;
end;
$$;

comment on function public.fn_image_completion_handler(uuid, text, timestamptz) is
'Completes an image; answers {observation_id, payload_id, session_id, slot_index, …}. Errors: not_found, bad_input.';
revoke all on function public.fn_image_completion_handler(uuid, text, timestamptz) from public;
grant execute on function public.fn_image_completion_handler(uuid, text, timestamptz) to edge, service_role;
