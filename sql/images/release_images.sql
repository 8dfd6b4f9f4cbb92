-- purpose: images that could not be uploaded now.
-- caller: the edge, instead of private.complete_images.
-- promise: they are given out again after 2 s, not only when their lease ends: a camera stays awake for its ACK. Answers how many.
create or replace function private.release_images(
    p_image_ids uuid[],
    p_now timestamptz default now()
) returns int
language sql
security definer
set search_path = ''
as $$
    with released as (
        update private.image_transfers as t
        set claimed_until = least(t.claimed_until, p_now + interval '2 seconds')
        from public.device_images as i
        where i.image_id = any (p_image_ids)
            and t.company_id = i.company_id and t.image_id = i.image_id and t.state = 'assembled'
        returning t.transfer_id
    )
    select count(*)::int from released;
$$;

comment on function private.release_images(uuid[], timestamptz) is
'Ends the lease of images that could not be uploaded, 2 s from now; answers how many.';
revoke all on function private.release_images(uuid[], timestamptz) from public;
grant execute on function private.release_images(uuid[], timestamptz) to edge;
