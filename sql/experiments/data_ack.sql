-- purpose: tell an agent which of its trials are safe.
-- caller: ingest_trials.
-- promise: through_seq: all of 1…n are stored; have: the stored ranges, closed. Where a run has more than 100 ranges only those that
--   concern this batch are told, so that the message stays small. revs, only where the batch had revisions above the first: the pairs
--   [seq, rev] that are stored, since a range cannot tell that a correction has arrived.
create or replace function private.data_ack(
    p_deployment_id uuid,
    p_have int8multirange,
    p_batch int8multirange,
    p_revs jsonb,
    p_rejected jsonb
) returns jsonb
language sql
immutable
parallel safe
set search_path = ''
as $$
    select jsonb_build_object(
        'deployment_id', p_deployment_id,
        'through_seq', coalesce(max(upper(r.range) - 1) filter (where lower(r.range) = 1), 0),
        'have', coalesce(
            jsonb_agg(jsonb_build_array(lower(r.range), upper(r.range) - 1) order by r.range)
            filter (where r.ranges <= 100 or r.range && p_batch), '[]'),
        'rejected', coalesce(p_rejected, '[]'))
    || case when p_revs is not null then jsonb_build_object('revs', p_revs) else '{}' end
    from (select u.range, count(*) over () as ranges from unnest(p_have) as u (range)) as r;
$$;

comment on function private.data_ack(uuid, int8multirange, int8multirange, jsonb, jsonb) is
'The data/ack message of a run: {deployment_id, through_seq, have, rejected}, and revs where there are corrections.';
revoke all on function private.data_ack(uuid, int8multirange, int8multirange, jsonb, jsonb) from public;
