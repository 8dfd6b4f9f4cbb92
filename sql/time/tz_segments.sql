-- Purpose: a stretch of time cut where the zone changes its offset, so that the rest of the clock is plain arithmetic.
-- Caller:  public.fn_cron_occurrences, private.local_instant.
-- Promise: segments in order, without gaps, from p_from (cut to the second) to p_until, each with its offset from UTC and the offset before it
--          (the first one's own). Relies on no zone changing twice within six days: true for all zones since 1995 (the closest pair is
--          7 days apart, Brazil 2000).
create or replace function private.tz_segments(
    p_tz text,
    p_from timestamptz,
    p_until timestamptz
) returns table (
    starts_at timestamptz,
    ends_at timestamptz,
    utc_offset interval,
    previous_offset interval
)
language plpgsql
stable
strict
parallel safe
rows 3
set search_path = ''
as $$
begin
    starts_at := date_trunc('second', p_from);
    if p_until - p_from <= interval '144 hours' then
        utc_offset := (starts_at at time zone p_tz) - (starts_at at time zone 'UTC');
        if utc_offset = (p_until at time zone p_tz) - (p_until at time zone 'UTC') then
            ends_at := p_until;
            previous_offset := utc_offset;
            return next;
            return;
        end if;
    end if;

    return query
    with probe as materialized (
        select p.at, (p.at at time zone p_tz) - (p.at at time zone 'UTC') as utc_offset
        from (
            select generate_series(tz_segments.starts_at, p_until, interval '24 hours')
            union all
            select p_until
        ) as p (at)
    ),
    step as (
        select
            r.at,
            r.utc_offset,
            lag(r.at) over w as before_at,
            lag(r.utc_offset) over w as before_offset
        from probe as r
        window w as (order by r.at)
    ),
    cut as (
        select
            case when s.before_at is null then s.at else private.tz_shift_at(p_tz, s.before_at, s.at) end as at,
            s.utc_offset,
            coalesce(s.before_offset, s.utc_offset) as before_offset
        from step as s
        where s.before_at is null or s.utc_offset <> s.before_offset
    )
    select c.at, lead(c.at, 1, p_until) over (order by c.at), c.utc_offset, c.before_offset
    from cut as c
    order by c.at;
end;
$$;

comment on function private.tz_segments(text, timestamptz, timestamptz) is
'The stretch from p_from to p_until cut at the zone''s clock changes, each piece with its UTC offset and the one before.';

revoke all on function private.tz_segments(text, timestamptz, timestamptz) from public;
grant execute on function private.tz_segments(text, timestamptz, timestamptz) to authenticated, service_role, edge;
