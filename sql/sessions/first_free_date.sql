-- purpose: the first local day of a site on which another schedule can begin.
-- caller: private.queue_schedule_change, after private.hold_midnight.
-- promise: the day after today and after every day that has been opened already: by the opener, or by a wake before it.
create or replace function private.first_free_date(
    p_company_id uuid,
    p_site_id uuid,
    p_now timestamptz default now()
) returns date
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_site public.sites;
begin
    select * into strict v_site from public.sites as s where s.company_id = p_company_id and s.site_id = p_site_id;
    return 1 + greatest(
        private.local_date(p_now, v_site.timezone), v_site.opened_until,
        (
            select max(d.session_date)
            from public.site_device_sessions as d
            where d.company_id = p_company_id and d.site_id = p_site_id and d.status <> 'pending'
                and d.session_date > private.local_date(p_now, v_site.timezone)
        ));
end;
$$;

comment on function private.first_free_date(uuid, uuid, timestamptz) is 'The first local date of a site that has not begun and was not opened.';
revoke all on function private.first_free_date(uuid, uuid, timestamptz) from public;
