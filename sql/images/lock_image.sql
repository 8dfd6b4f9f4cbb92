-- purpose: an image with its camera's lock.
-- caller: private.complete_image, private.fail_image.
-- promise: the camera first, then the image, as everywhere; no row when there is no such image.
create or replace function private.lock_image(
    p_company_id uuid,
    p_image_id uuid,
    p_now timestamptz default now()
) returns setof public.device_images
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform private.lock_cameras(array[i.company_id], array[i.device_id], p_now)
    from public.device_images as i
    where i.company_id = p_company_id and i.image_id = p_image_id;
    return query
    select i.* from public.device_images as i
    where i.company_id = p_company_id and i.image_id = p_image_id
    for update;
end;
$$;

comment on function private.lock_image(uuid, uuid, timestamptz) is 'Locks an image''s camera and the image, and returns the image.';
revoke all on function private.lock_image(uuid, uuid, timestamptz) from public;
