"""Trial data out: streams what PostgreSQL formats. Which columns and rows a file has is in `sql/exports/`."""
