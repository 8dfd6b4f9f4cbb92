-- purpose: old notifications go.
-- caller: pg_cron, each night.
-- promise: notifications, their marks, deliveries and attempts older than 90 days are deleted, 10,000 a run at most of each; alerts stay. Returns counts.
create or replace function private.purge_notifications(
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_shown int;
    v_delivered int;
begin
    delete from public.notifications as n
    where (n.company_id, n.notification_id) in (
        select k.company_id, k.notification_id from public.notifications as k
        where k.created_at < p_now - interval '90 days'
        limit 10000);
    get diagnostics v_shown = row_count;
    delete from public.notification_deliveries as y
    where (y.company_id, y.delivery_id) in (
        select k.company_id, k.delivery_id from public.notification_deliveries as k
        where k.created_at < p_now - interval '90 days'
        limit 10000);
    get diagnostics v_delivered = row_count;
    return jsonb_build_object('notifications', v_shown, 'deliveries', v_delivered);
end;
$$;

comment on function private.purge_notifications(timestamptz) is 'Deletes notifications and deliveries older than 90 days; counts.';
revoke all on function private.purge_notifications(timestamptz) from public;
