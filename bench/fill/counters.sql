-- The counters of all site days from their payloads.
update public.site_device_sessions as s
set completed_wake_count = n.completed, failed_wake_count = n.failed
from (
    select
        p.site_device_session_id, count(*) filter (where p.payload_status = 'complete') as completed,
        count(*) filter (where p.payload_status = 'failed') as failed
    from public.device_wake_payloads as p
    where p.company_id = %(company)s
    group by p.site_device_session_id
) as n
where s.company_id = %(company)s and s.session_id = n.site_device_session_id
