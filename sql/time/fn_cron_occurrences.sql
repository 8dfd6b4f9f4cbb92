-- Purpose: the instants a cron expression names in a zone: the base of counting, windows, next wake and preview.
-- Caller:  the functions of this folder, sessions, analytics.
-- Promise: ordered, without repeats, half-open [p_from, p_until); a null argument gives none; L0101 for a bad expression, L0501 bad_input for
--          a window that is not finite or longer than 100 years; whole minutes only. Clock changes as Debian's cron (and cronsim):
--          fixed jobs run once at the end of a skipped hour and only the first time in a repeated one; jobs with a * minute or hour
--          follow the wall clock. A fixed time is never lost, a * job never runs at a time the wall does not show.
create or replace function public.fn_cron_occurrences(
    p_expr text,
    p_from timestamptz,
    p_until timestamptz,
    p_tz text
) returns setof timestamptz
language plpgsql
stable
strict
parallel safe
rows 100
set search_path = ''
set plan_cache_mode = force_generic_plan -- planning anew for each schedule would cost three times the execution
as $$
declare
    v_cron record;
begin
    select * into v_cron from private.cron_parse(p_expr);
    if not isfinite(p_from) or not isfinite(p_until) or p_until - p_from > interval '36525 days' then
        perform private.fail('bad_input', 'p_from, p_until: the window must be finite and at most 100 years long');
    end if;
    if p_until <= p_from then
        return;
    end if;

   -- Wall clock readings are compared as if they were UTC ("wall"), so the only zone arithmetic is one offset a segment.
   -- Two days more at the front show a clock change whose repeated hour reaches into the window.
    return query
    with segment as materialized (
        select
            g.starts_at,
            g.utc_offset,
            g.starts_at + case when v_cron.is_fixed then g.previous_offset else g.utc_offset end as wall_from,
            g.ends_at + g.utc_offset as wall_until
        from private.tz_segments(p_tz, p_from - interval '48 hours', p_until) as g
    ),
    day as materialized (
        select d.wall
        from generate_series(
            date_trunc('day', (p_from at time zone 'UTC') - interval '48 hours'),
            (p_until at time zone 'UTC') + interval '24 hours',
            interval '24 hours'
        ) as s (naive)
        cross join lateral (select s.naive at time zone 'UTC' as wall) as d
        where extract(month from s.naive)::int = any (v_cron.months)
            and case
                when v_cron.day_and
                    then extract(day from s.naive)::int = any (v_cron.days_of_month)
                        and extract(dow from s.naive)::int = any (v_cron.days_of_week)
                else extract(day from s.naive)::int = any (v_cron.days_of_month)
                    or extract(dow from s.naive)::int = any (v_cron.days_of_week)
            end
    ),
    slot as materialized (
        select make_interval(hours => h.hour, mins => m.minute) as into_day
        from unnest(v_cron.hours) as h (hour)
        cross join unnest(v_cron.minutes) as m (minute)
    ),
    occurrence as (
        select distinct greatest(d.wall + s.into_day - g.utc_offset, g.starts_at) as at
        from segment as g
        join day as d on d.wall > g.wall_from - interval '24 hours' and d.wall < g.wall_until
        cross join slot as s
        where d.wall + s.into_day >= g.wall_from
            and d.wall + s.into_day < g.wall_until
    )
    select o.at
    from occurrence as o
    where o.at >= p_from and o.at < p_until
    order by o.at;
end;
$$;

comment on function public.fn_cron_occurrences(text, timestamptz, timestamptz, text) is
'The instants a five-field cron expression names in a zone within [p_from, p_until), in order.';

revoke all on function public.fn_cron_occurrences(text, timestamptz, timestamptz, text) from public;
grant execute on function public.fn_cron_occurrences(text, timestamptz, timestamptz, text) to authenticated, service_role, edge;
