-- Purpose: shows people what a schedule means before they save it.
-- Caller:  console, rpc/preview_schedule; a pure function of its arguments, never of what is saved.
-- Promise: the next p_count (1 to 1000) instants after p_now, from the same code as the devices' wakes. invalid_cron, invalid_timezone,
--          bad_input or limit_too_large otherwise.
create or replace function public.preview_schedule(
    p_cron text,
    p_tz text,
    p_count int default 10,
    p_now timestamptz default now()
) returns setof timestamptz
language plpgsql
stable
parallel safe
rows 10
set search_path = ''
as $$
begin
    perform private.cron_check(coalesce(p_cron, ''));
    if private.tz_is_valid(p_tz) is not true then
        perform private.fail('invalid_timezone', format('p_tz: "%s"', left(p_tz, 60)));
    end if;
    if p_count is null or p_count < 1 then
        perform private.fail('bad_input', 'p_count: at least 1');
    end if;
    if p_count > 1000 then
        perform private.fail('limit_too_large', 'p_count: at most 1000');
    end if;

    return query
    select n.at from private.next_slots(p_cron, p_tz, coalesce(p_now, now()), p_count) as n (at);
end;
$$;

comment on function public.preview_schedule(text, text, int, timestamptz) is
'The next instants of a cron schedule in a time zone, to look at before saving it.';

revoke all on function public.preview_schedule(text, text, int, timestamptz) from public;
grant execute on function public.preview_schedule(text, text, int, timestamptz) to authenticated, service_role;
