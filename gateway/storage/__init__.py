"""`/storage/v1`: Supabase Storage's contract. Row level security on storage.objects decides, the bytes lie in a directory."""
