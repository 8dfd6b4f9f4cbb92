"""Supabase's stand-in on a bare machine: `/auth/v1`, `/storage/v1`, `/realtime/v1` over PostgreSQL.

Wire contracts are Supabase's, so that unmodified supabase-py and supabase-js work; every decision (who may sign in,
read an object, join a topic) is SQL: functions of the schema `gateway` (`supabase/embedded/04_*.sql`) and row level
security asked as the caller.
"""
