-- purpose: ask again for all images of a site day that did not arrive.
-- caller: people (member), rpc/retry_missing.
-- promise: every failed image, and every one that is half here and silent for 5 minutes, of that local date (today without one) and site (all of the
--   company without one) is asked for at its camera's next HELLO. Errors: not_signed_in, role_required, not_found.
create or replace function public.retry_missing(
    p_site_id uuid default null,
    p_date date default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_image_ids uuid[];
    v_result jsonb;
begin
    if p_site_id is not null
        and not exists (select from public.sites as s where s.company_id = v_company_id and s.site_id = p_site_id) then
        perform private.fail('not_found', 'site');
    end if;
    select array_agg(i.image_id) into v_image_ids
    from public.site_device_sessions as s
    join public.device_images as i on i.company_id = s.company_id and i.site_device_session_id = s.session_id
    left join private.image_transfers as t on t.company_id = i.company_id and t.image_id = i.image_id
    where s.company_id = v_company_id and (p_site_id is null or s.site_id = p_site_id)
        and s.session_date = coalesce(p_date, private.local_date(p_now, s.timezone))
        and (i.status = 'failed' or (i.status = 'receiving' and coalesce(t.last_activity_at, i.created_at) < p_now - interval '5 minutes'));

    select jsonb_build_object(
        'missing', coalesce(cardinality(v_image_ids), 0), 'queued', count(*) filter (where r.is_new),
        'already_queued', count(*) filter (where not r.is_new), 'not_reachable', coalesce(cardinality(v_image_ids), 0) - count(*),
        'image_ids', coalesce(jsonb_agg(r.image_id), '[]'))
    into v_result
    from private.queue_retries(v_company_id, coalesce(v_image_ids, '{}'), p_now) as r;
    return v_result;
end;
$$;

comment on function public.retry_missing(uuid, date, timestamptz) is
'Queues send_image for every image of a site day that did not arrive; answers {missing, queued, already_queued, not_reachable, image_ids}. Errors: not_found, role_required.';
revoke all on function public.retry_missing(uuid, date, timestamptz) from public;
grant execute on function public.retry_missing(uuid, date, timestamptz) to authenticated;
