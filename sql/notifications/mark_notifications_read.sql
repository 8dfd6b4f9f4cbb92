-- purpose: a person has read notifications.
-- caller: people, rpc/mark_notifications_read.
-- promise: the given ones, or all there are, are marked for this person; again is allowed. Ids of others are passed over. Answers {marked}.
--   Error: not_signed_in.
create or replace function public.mark_notifications_read(
    p_notification_ids uuid[] default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('viewer');
    v_marked int;
begin
    insert into public.notification_reads (company_id, notification_id, user_id, read_at)
    select n.company_id, n.notification_id, auth.uid(), p_now
    from public.notifications as n
    where n.company_id = v_company_id and (p_notification_ids is null or n.notification_id = any (p_notification_ids))
    on conflict do nothing;
    get diagnostics v_marked = row_count;
    return jsonb_build_object('marked', v_marked);
end;
$$;

comment on function public.mark_notifications_read(uuid[], timestamptz) is
'Marks notifications (all, where none are named) as read by the caller; answers {marked}. Error: not_signed_in (401).';
revoke all on function public.mark_notifications_read(uuid[], timestamptz) from public;
grant execute on function public.mark_notifications_read(uuid[], timestamptz) to authenticated;
