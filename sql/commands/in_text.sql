-- purpose: how long until then, in words.
-- caller: answers to people that say when something takes effect.
-- promise: "in 25 minutes", "in 10 hours", "in 3 days": the largest unit of which there are two, rounded; "now" for the past.
create or replace function private.in_text(
    p_at timestamptz,
    p_now timestamptz default now()
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
    select
        case
            when s.seconds is null then null
            when s.seconds <= 0 then 'now'
            when s.seconds < 90 then 'in 1 minute'
            when s.seconds < 5400 then format('in %s minutes', round(s.seconds / 60))
            when s.seconds < 172800 then format('in %s hours', round(s.seconds / 3600))
            else format('in %s days', round(s.seconds / 86400))
        end
    from (select extract(epoch from p_at - p_now) as seconds) as s;
$$;

comment on function private.in_text(timestamptz, timestamptz) is 'The time until an instant in words: in 10 hours.';
revoke all on function private.in_text(timestamptz, timestamptz) from public;
