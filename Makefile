# The two commands are `make up` and `make test`; `.venv/bin/lics --help` says more of each.
.PHONY: soak backup restore up down reset logs psql env status demo test lint bench release-sql
lics := .venv/bin/lics

up: ## install what is missing, start everything, wait until it is healthy
	@./bootstrap
	@$(lics) up

down: ## stop every process; the data stays
	@$(lics) down

reset: ## stop everything and delete the stack's data and secrets
	@$(lics) reset --yes

logs: ## follow every process's log
	@$(lics) logs --follow

psql: ## psql as the owner of the database
	@$(lics) psql

env: ## how to connect, and the demo accounts, as KEY=value lines
	@$(lics) env

status: ## how each process is
	@$(lics) status

demo: ## the simulated fleet in the foreground
	@$(lics) demo

backup: ## database with its WAL (pgBackRest), images, keys, settings
	@./bootstrap --backup
	@$(lics) backup

restore: ## the newest backup in the database's place; up_to=2026-12-01T14:30:00Z: to this time
	@./bootstrap --backup
	@$(lics) restore $(if $(up_to),--time $(up_to))

test: ## every suite, on a stack of its own
	@./bootstrap --tests
	@$(lics) test

soak: ## the faults with longer outages: the database is away for two minutes
	@./bootstrap --tests
	@OUTAGE_S=120 $(lics) test faults

lint:
	@./bootstrap
	@$(lics) test lint

bench: ## the table of bench/RESULTS.md, on the running stack
	@$(lics) run -- python -m bench

release-sql: ## compile sql/apply.sql into the next migration
	@$(lics) release-sql
