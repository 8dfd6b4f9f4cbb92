-- purpose: a small run as a CSV file, through PostgREST alone.
-- caller: people: GET rpc/export_deployment_csv with Accept: text/csv.
-- promise: the same bytes as GET /api/deployments/{id}/export/csv, for at most 10,000 trials; longer runs are streamed by that route.
create or replace function public.export_deployment_csv(
    p_deployment_id uuid
) returns public."text/csv"
language plpgsql
stable
security invoker
set search_path = ''
set jit = off
as $$
declare
    v_plan jsonb;
    v_begin jsonb := private.export_begin(p_deployment_id);
    v_rows text;
begin
    if (
        select count(*) > 10000
        from (
            select from public.trial_results as t
            where t.company_id = (v_begin ->> 'company_id')::uuid and t.deployment_id = p_deployment_id
            limit 10001
        ) as t
    ) then
        perform private.fail('limit_too_large', 'more than 10000 trials: GET /api/deployments/{id}/export/csv');
    end if;
    v_plan := private.export_plan(p_deployment_id);
    execute format('select string_agg(l.line || e''\r\n'', '''') from (%s) as l (line)', private.export_statement(v_plan, 'line')) into v_rows;
    perform set_config('response.headers', jsonb_build_array(jsonb_build_object(
        'Content-Disposition', format('attachment; filename="%s.csv"', v_plan ->> 'file_stem')))::text, true);
    return (private.export_header(v_plan) || e'\r\n' || coalesce(v_rows, ''))::public."text/csv";
end;
$$;

comment on function public.export_deployment_csv(uuid) is
'The trials of a run as CSV (Accept: text/csv), at most 10,000; longer runs: GET /api/deployments/{id}/export/csv. Errors: not_signed_in (401), not_found (404), limit_too_large (400).';
revoke all on function public.export_deployment_csv(uuid) from public;
grant execute on function public.export_deployment_csv(uuid) to authenticated, service_role;
