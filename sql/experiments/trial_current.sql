-- purpose: what a run measured, without its corrected revisions.
-- caller: people: results, exports.
-- note: n.rev > 1 says nothing new; it lets the few revisions be found by their own index.
-- promise: of each seq the newest rev; every row of an agent that gives no seq. Row level security of trial_results decides who sees it.
create or replace view public.trial_current
with (security_invoker = true) as
select
    t.company_id, t.trial_id, t.deployment_id, t.device_id, t.seq, t.rev, t.kind, t.trial_number, t.started_at, t.ended_at, t.response,
    t.reaction_time, t.correct, t.custom_data, t.partial, t.late, t.flags, t.boot_id, t.received_at
from public.trial_results as t
where not exists (
    select from public.trial_results as n
    where n.company_id = t.company_id and n.deployment_id = t.deployment_id and n.seq = t.seq and n.rev > t.rev and n.rev > 1
);

comment on view public.trial_current is 'Trials of the runs you may see: of each seq the newest revision.';
revoke all on public.trial_current from public, anon, authenticated, device, edge, service_role;
grant select on public.trial_current to authenticated, service_role;
