-- purpose: the largest photograph that can be stored.
-- caller: private.refuse_capture, private.claim_assembled_images, private.ingest_chunks.
-- promise: bytes: the bucket's limit (5 MiB without one); chunks: what that is in the smallest pieces that a camera sends, so that a number on the wire
--   never makes the server count to a million.
create or replace function private.image_limits(
    out max_bytes bigint,
    out max_chunks int
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    max_bytes := least(coalesce((select b.file_size_limit from storage.buckets as b where b.id = 'images'), 5242880), 104857600);
    max_chunks := 8192;
end;
$$;

comment on function private.image_limits() is 'The limits of a photograph: bytes of the bucket images, and 8,192 chunks.';
revoke all on function private.image_limits() from public;
