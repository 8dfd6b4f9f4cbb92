-- purpose: transfers of awake cameras that have gone quiet.
-- caller: private.run_due.
-- promise: 15 s after a camera's last word: missing_chunks with the ids that are not here, in the camera's own numbering, three rounds; then send_image
--   once; then the image fails. Cameras in the hands of another transaction wait for the next second. Counts: asked, resent, failed.
create or replace function private.due_transfers(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_transfer record;
    v_asked int := 0;
    v_resent int := 0;
    v_failed int := 0;
    v_company_ids uuid[] := '{}'::uuid[];
    v_session_ids uuid[] := '{}'::uuid[];
begin
    for v_transfer in
        with quiet as materialized (
            select w.company_id, w.device_id, w.started_at
            from private.wakes as w
            where w.ended_at is null and w.last_message_at <= p_now - interval '15 seconds'
                -- Silent for longer, as after an outage of ours, it sleeps: the question would wait for its next wake.
                and w.last_message_at > p_now - interval '5 minutes'
                and exists (
                    select from private.image_transfers as t
                    where t.company_id = w.company_id and t.device_id = w.device_id and t.state = 'open' and t.image_id is not null)
            order by w.company_id, w.device_id
            limit 500
            for update skip locked
        ), due as materialized (
            select t.*
            from quiet as q
            join private.image_transfers as t on t.company_id = q.company_id and t.device_id = q.device_id
            where t.state = 'open' and t.image_id is not null and t.total_chunk_count > 0
                and greatest(t.last_activity_at, t.asked_at) <= p_now - interval '15 seconds'
                and greatest(t.last_activity_at, t.send_image_at) >= q.started_at
        ), stepped as (
            update private.image_transfers as t
            set
                rounds = t.rounds + (t.rounds < 3)::int,
                resends = t.resends + (t.rounds >= 3 and t.resends = 0)::int,
                asked_at = p_now
            from due
            where t.company_id = due.company_id and t.transfer_id = due.transfer_id
        )
        select
            d.company_id, d.device_id, d.image_id, d.image_name,
            case when d.rounds < 3 then 'ask' when d.resends = 0 then 'resend' else 'fail' end as step,
            (
                select jsonb_agg(n.id order by n.id)
                from generate_series(base.first_id, base.first_id + d.total_chunk_count - 1) as n (id)
                where not exists (
                    select from private.image_chunks as c
                    where c.company_id = d.company_id and c.transfer_id = d.transfer_id and c.chunk_id = n.id)
            ) as missing
        from due as d
        cross join lateral (
            -- 0 seen: 0-based. N seen, or the JPEG's first bytes under id 1: 1-based.
            select case
                when bool_or(c.chunk_id = 0) then 0
                when bool_or(c.chunk_id = d.total_chunk_count
                    or (c.chunk_id = 1 and substring(c.data from 1 for 3) = '\xffd8ff'::bytea)) then 1
                else 0
            end as first_id
            from private.image_chunks as c
            where c.company_id = d.company_id and c.transfer_id = d.transfer_id
        ) as base
        order by d.company_id, d.device_id, d.metadata_at
    loop
        if v_transfer.step = 'ask' then
            perform private.answer_wake(
                v_transfer.company_id, v_transfer.device_id, 'ack',
                jsonb_build_object('image_name', v_transfer.image_name, 'missing_chunks', v_transfer.missing), p_now);
            v_asked := v_asked + 1;
        elsif v_transfer.step = 'resend' then
            perform private.answer_wake(
                v_transfer.company_id, v_transfer.device_id, 'cmd', jsonb_build_object('send_image', v_transfer.image_name), p_now);
            v_resent := v_resent + 1;
        else
            v_company_ids := v_company_ids || v_transfer.company_id;
            v_session_ids := v_session_ids || (private.fail_image(
                v_transfer.company_id, v_transfer.image_id, 'chunks_missing',
                'chunks were still missing after all requests', p_now) ->> 'session_id')::uuid;
            v_failed := v_failed + 1;
        end if;
    end loop;
    perform private.recount_sessions(v_company_ids, v_session_ids);
    return jsonb_build_object('asked', v_asked, 'resent', v_resent, 'failed', v_failed);
end;
$$;

comment on function private.due_transfers(timestamptz) is 'Asks for missing chunks of quiet transfers, or fails them; counts.';
revoke all on function private.due_transfers(timestamptz) from public;
