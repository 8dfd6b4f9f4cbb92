-- purpose: the seed's words for the completeness of a day.
-- caller: alerts, analytics, clients.
-- promise: complete (100 %), acceptable (80-99), partial (50-79), poor (below 50); null when nothing was expected.
create or replace function public.completeness_band(
    p_completed int,
    p_expected int
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
    select case
        when p_expected is null or p_expected <= 0 then null
        when p_completed >= p_expected then 'complete'
        when p_completed * 5 >= p_expected * 4 then 'acceptable'
        when p_completed * 2 >= p_expected then 'partial'
        else 'poor'
    end;
$$;

comment on function public.completeness_band(int, int) is 'complete, acceptable, partial or poor; null when nothing was expected.';
revoke all on function public.completeness_band(int, int) from public;
grant execute on function public.completeness_band(int, int) to authenticated, service_role, edge;
