"""The request path: ``POST /v1/synthesis`` to 202, on SQLite and PostgreSQL. ``python -m bench.api [--quick] [--json OUT]``."""
