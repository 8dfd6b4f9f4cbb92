-- Lists by key: devices by name, alerts that are open by time and by device.
create index devices_name_idx on public.devices (company_id, name, device_id);
create index device_alerts_unresolved_idx on public.device_alerts (company_id, last_seen_at desc, alert_id) where status <> 'resolved';
create index device_alerts_unresolved_device_idx on public.device_alerts (company_id, device_id) where status <> 'resolved';
-- What a camera still owes, and its last photograph: few rows among many.
create index device_images_unfinished_idx on public.device_images (company_id, device_id, captured_at desc) where status <> 'complete';
