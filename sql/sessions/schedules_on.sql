-- purpose: which schedule each camera of a site has on a local date.
-- caller: private.ensure_session, private.slot_of.
-- promise: today and later: the device's schedule, replaced by the latest queued change that is due by then. Earlier: the latest of what a session
--   recorded and what a change brought, else today's. Only active cameras mapped to the site.
create or replace function private.schedules_on(
    p_company_id uuid,
    p_site_id uuid,
    p_date date,
    p_today date
) returns table (
    device_id uuid,
    wake_schedule_cron text,
    mapped_at timestamptz
)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
    return query
    select
        d.device_id,
        case when known.on_date is not null then known.wake_schedule_cron else d.wake_schedule_cron end,
        d.mapped_at
    from public.devices as d
    left join lateral (
        select h.on_date, h.wake_schedule_cron
        from (
            select c.effective_date as on_date, c.new_wake_schedule_cron as wake_schedule_cron, 1 as rank, c.requested_at as at
            from public.device_schedule_changes as c
            where c.company_id = d.company_id and c.device_id = d.device_id and c.superseded_at is null
                and c.effective_date <= p_date and (p_date < p_today or c.applied_at is null)
            union all
            select s.session_date, sd.wake_schedule_cron, 0, sd.counts_until
            from public.site_session_devices as sd
            join public.site_device_sessions as s on s.company_id = sd.company_id and s.session_id = sd.session_id
            where p_date < p_today and sd.counts_until > sd.counts_from
                and sd.company_id = d.company_id and sd.device_id = d.device_id and s.session_date <= p_date
        ) as h
        order by h.on_date desc, h.rank desc, h.at desc
        limit 1
    ) as known on true
    where d.company_id = p_company_id and d.site_id = p_site_id and d.kind = 'camera' and d.is_active and d.archived_at is null;
end;
$$;

comment on function private.schedules_on(uuid, uuid, date, date) is 'The schedule of each active camera of a site on a local date.';
revoke all on function private.schedules_on(uuid, uuid, date, date) from public;
