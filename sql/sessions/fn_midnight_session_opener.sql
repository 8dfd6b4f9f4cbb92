-- purpose: open a site's local day.
-- caller: fn_midnight_session_opener_all; the edge role.
-- promise: applies the queued schedule changes that are due, makes or opens the session of p_now's local date with its expected count, makes the days that
--   downtime has left out, and remembers the date. Called again it changes nothing; a locked day stays locked. Errors: not_found.
create or replace function public.fn_midnight_session_opener(
    p_site_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_site public.sites;
    v_date date;
    v_session public.site_device_sessions;
begin
    select * into v_site from public.sites as s where s.site_id = p_site_id;
    if not found then
        perform private.fail('not_found', 'site');
    end if;
    v_date := private.local_date(p_now, v_site.timezone);
    -- Days that downtime has left out, then today.
    perform private.open_days(array_agg(d.company_id), array_agg(d.site_id), array_agg(d.session_date), p_now)
    from private.due_days(p_now, p_site_id) as d
    having count(*) > 0;
    v_session := private.ensure_session(v_site.company_id, p_site_id, v_date, p_now);
    update public.sites as s
    set opened_until = v_date
    where s.company_id = v_site.company_id and s.site_id = p_site_id and (s.opened_until is null or s.opened_until < v_date);
    return jsonb_build_object(
        'success', true, 'site_id', p_site_id, 'session_id', v_session.session_id, 'session_date', v_session.session_date,
        'expected_wake_count', v_session.expected_wake_count, 'config_changed', v_session.config_changed_flag, 'status', v_session.status);
end;
$$;

comment on function public.fn_midnight_session_opener(uuid, timestamptz) is
'Opens the local day of a site; answers {session_id, session_date, expected_wake_count, config_changed, status}. Errors: not_found.';
revoke all on function public.fn_midnight_session_opener(uuid, timestamptz) from public;
grant execute on function public.fn_midnight_session_opener(uuid, timestamptz) to edge, service_role;
