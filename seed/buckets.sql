-- The one bucket: photographs of the cameras, `{company_id}/{sha256}.jpg`, private, JPEG, 5 MB at most.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('images', 'images', false, 5242880, array['image/jpeg'])
on conflict (id) do nothing;
