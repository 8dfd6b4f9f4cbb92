-- An open alert for each silent camera.
insert into public.device_alerts (company_id, alert_type, severity, subject_id, device_id, site_id, message)
select d.company_id, 'device_offline', 'warning', d.device_id, d.device_id, d.site_id, 'a camera is silent'
from public.devices as d
where d.company_id = %(company)s and d.last_seen_at < now() - interval '4 hours'
on conflict do nothing
