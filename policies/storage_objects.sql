-- storage.objects: a member reads (downloads, lists, signs) what lies under the own company's prefix `{company_id}/…` of the bucket
-- `images`. No policy for insert, update, delete: images are written by the handler with the service key.
drop policy if exists objects_read_own_company on storage.objects;
create policy objects_read_own_company on storage.objects
for select to authenticated using (bucket_id = 'images' and (storage.foldername(name))[1] = (select public.get_active_company_id())::text);
