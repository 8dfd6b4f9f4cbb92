"""`/api/…`: the seeds' own routes. Each part of it (`gateway/exports/routes.py`, …) gives a list of routes."""
