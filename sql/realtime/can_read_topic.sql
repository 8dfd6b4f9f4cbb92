-- purpose: who may listen to a topic.
-- caller: the policy on realtime.messages.
-- promise: company:{id} for people who look at that company, deployment:{id} for a run of it; anything else nobody.
create or replace function private.can_read_topic(
    p_topic text
) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := public.get_active_company_id();
    v_id uuid;
begin
    if v_company_id is null
        or p_topic !~ '^(company|deployment):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
        return false;
    end if;
    v_id := split_part(p_topic, ':', 2)::uuid;
    if starts_with(p_topic, 'company:') then
        return v_id = v_company_id;
    end if;
    return exists (
        select from public.experiment_deployments as d
        where d.company_id = v_company_id and d.deployment_id = v_id
    );
end;
$$;

comment on function private.can_read_topic(text) is
'True when the signed-in person may listen to the topic: company:{id} of the active company, deployment:{id} of a run of it.';
revoke all on function private.can_read_topic(text) from public;
grant execute on function private.can_read_topic(text) to authenticated, anon, service_role;
