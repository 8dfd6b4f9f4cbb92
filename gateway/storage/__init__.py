"""`/storage/v1`: Supabase Storage's contract. Row level security decides; bytes lie in a directory."""
