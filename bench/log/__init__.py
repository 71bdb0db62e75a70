"""Benchmark of the audit log: ``python -m bench.log [--quick] [--json OUT]``.

Appends per second with 1 and 8 writer processes, and time and bytes of proofs at 10**3 to 10**6 entries, on SQLite and PostgreSQL.
"""
