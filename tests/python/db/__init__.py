"""Tests of the database: sources, drift, access, tenancy."""
