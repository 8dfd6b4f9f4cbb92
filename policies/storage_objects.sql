-- Who may read images: people what lies under their active company's prefix ({company_id}/…) of the bucket "images": download, list,
-- sign. No policy for insert, update, delete: images are written by the handler with the service key. RLS is the platform's: it is on.
drop policy if exists "people read the images of their active company" on storage.objects;
create policy "people read the images of their active company" on storage.objects
for select to authenticated
using (bucket_id = 'images' and (storage.foldername(name))[1] = (select public.get_active_company_id())::text);
