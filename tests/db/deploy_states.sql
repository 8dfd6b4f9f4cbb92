-- The table of a run's states, each state × each report, as one table of expectations; and what replaces an end.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(18);
\ir fixtures/deploys.psql
select pg_temp.deploy('x');
update experiment_deployments set idempotency_key = null where deployment_id = pg_temp.run('x');

-- Put the run into a state, send one report, answer the state afterwards and whether the event was applied.
create function pg_temp.after(p_state text, p_report text, p_ended_by text default null) returns text
language plpgsql
as $$
begin
    delete from deployment_events where deployment_id = pg_temp.run('x');
    delete from device_alerts where deployment_id = pg_temp.run('x');
    update device_commands set status = 'published', acknowledged_at = null, finished_at = null where deployment_id = pg_temp.run('x');
    update experiment_deployments
    set status = p_state, reason_code = case when p_ended_by = 'server' then 'heartbeat_lost' end, error_log = null, completeness = 'unknown',
        acked_at = case when p_state not in ('pending') then pg_temp.t(1) end,
        started_at = case when p_state not in ('pending', 'acked') then pg_temp.t(2) end,
        completed_at = case when p_state not in ('pending', 'acked', 'running') then pg_temp.t(3) end,
        ended_by = case when p_state not in ('pending', 'acked', 'running') then coalesce(p_ended_by, 'agent') end
    where deployment_id = pg_temp.run('x');
    if p_report = 'refused' then
        perform pg_temp.report('x', 'ack', 10, '{"accepted": false, "reason": "agent_busy"}');
    else
        perform pg_temp.report('x', p_report, 10);
    end if;
    return (pg_temp.row('x')).status || (select string_agg(case when e.applied then ' +' else ' -' end, '') from deployment_events as e
        where e.deployment_id = pg_temp.run('x'));
end;
$$;
create temporary table expected on commit drop as
select s.state, r.report, coalesce(e.becomes, s.state || ' -') as becomes
from unnest(array['pending', 'acked', 'running', 'completed', 'failed', 'timed_out', 'cancelled']) as s (state)
cross join unnest(array['ack', 'refused', 'running', 'completed', 'failed', 'timed_out', 'cancelled']) as r (report)
left join (values
    ('pending', 'ack', 'acked +'), ('pending', 'refused', 'failed +'), ('pending', 'running', 'running +'),
    ('pending', 'completed', 'completed +'), ('pending', 'failed', 'failed +'), ('pending', 'timed_out', 'timed_out +'), ('pending', 'cancelled', 'cancelled +'),
    ('acked', 'refused', 'failed +'), ('acked', 'running', 'running +'),
    ('acked', 'completed', 'completed +'), ('acked', 'failed', 'failed +'), ('acked', 'timed_out', 'timed_out +'), ('acked', 'cancelled', 'cancelled +'),
    ('running', 'completed', 'completed +'), ('running', 'failed', 'failed +'), ('running', 'timed_out', 'timed_out +'), ('running', 'cancelled', 'cancelled +')
) as e (state, report, becomes) on e.state = s.state and e.report = r.report;
select is((select count(*)::int from expected), 49, 'seven states, seven reports');
select results_eq(
    $$ select state, report, pg_temp.after(state, report) from expected order by 1, 2 $$,
    $$ select state, report, becomes from expected order by 1, 2 $$,
    'every report in every state: what is applied, and what is kept and changes nothing'
);

-- ends that the server inferred
select is_empty($$
    select reason_code, r from unnest(array['heartbeat_lost', 'ack_timeout', 'start_timeout', 'server_backstop']) as reason_code
    cross join unnest(array['completed', 'failed', 'timed_out', 'cancelled']) as r
    where pg_temp.after('failed', r, 'server') <> r || ' +' or (pg_temp.row('x')).ended_by <> 'agent' $$, 'an inferred end is replaced by each end of the agent');
select pg_temp.report('x', 'completed', 11);
select is((pg_temp.row('x')).status, 'cancelled', 'once');
select is(pg_temp.after('failed', 'ack', 'server'), 'failed -', 'an ack does not reopen it');
select is(pg_temp.after('failed', 'running', 'server'), 'failed -', 'nor does running');
select is(pg_temp.after('cancelled', 'completed', 'user'), 'cancelled -', 'what a person cancelled stays so');

-- implied times, and their order
select pg_temp.after('pending', 'completed');
select results_eq($$ select acked_at, started_at, completed_at from pg_temp.row('x') $$, $$ select pg_temp.t(10), pg_temp.t(10), pg_temp.t(10) $$, 'an end implies the steps before');
select pg_temp.report('x', 'running', 12, '{"at": "2026-03-01T10:00:04Z"}');
select results_eq($$ select status, started_at from pg_temp.row('x') $$, $$ select 'completed', pg_temp.t(4) $$, 'a running that comes late fills in when it began');
select pg_temp.report('x', 'running', 13, '{"at": "2026-03-01T10:00:12Z"}');
select is((pg_temp.row('x')).started_at, pg_temp.t(4), 'not after its end');
select pg_temp.after('pending', 'running');
select ok((pg_temp.row('x')).acked_at is not null, 'running implies the ack');

-- reasons: the closed list, and nothing else
create temporary table codes on commit drop as
select unnest(array['agent_busy', 'command_expired', 'fetch_failed', 'hash_mismatch', 'spawn_failed', 'nonzero_exit', 'signal', 'agent_restarted', 'host_rebooted',
    'heartbeat_lost', 'ack_timeout', 'start_timeout', 'wall_timeout', 'server_backstop', 'operator', 'superseded']) as code;
create function pg_temp.reason_of(p_code text) returns text
language plpgsql
as $$
begin
    perform pg_temp.after('acked', 'ack');
    perform pg_temp.report('x', 'failed', 20, jsonb_build_object('reason_code', p_code));
    return (pg_temp.row('x')).reason_code;
end;
$$;
select is_empty($$ select code from codes where pg_temp.reason_of(code) is distinct from code $$, 'every reason of the list is kept');
select is(pg_temp.reason_of('cosmic_rays'), null, 'another is in the event only');
select throws_ok($$ update experiment_deployments set reason_code = 'cosmic_rays' where deployment_id = pg_temp.run('x') $$, '23514', null, 'the column takes no other');

-- the alert of a failed run
select pg_temp.after('running', 'failed');
select results_eq($$ select alert_type, status, device_id from device_alerts where deployment_id = pg_temp.run('x') $$,
    $$ select 'deployment_failed', 'open', pg_temp.id('c1') $$, 'a failed run opens an alert');
update experiment_deployments set ended_by = 'server' where deployment_id = pg_temp.run('x');
select pg_temp.report('x', 'completed', 30);
select is((select status from device_alerts where deployment_id = pg_temp.run('x')), 'resolved', 'a better end closes it');
select pg_temp.after('running', 'timed_out');
select is((select message from device_alerts where deployment_id = pg_temp.run('x')), 'Test on Rig A1 ran out of time.', 'as does a run out of time');
select pg_temp.after('running', 'cancelled');
select is((select count(*)::int from device_alerts where deployment_id = pg_temp.run('x')), 0, 'a cancelled one opens none');
select * from finish();
rollback;
