"""Errors of the log's own operation. Those of proofs, notes and keys live with them."""

from __future__ import annotations


class LogInconsistent(Exception):
    """The stored log contradicts what was signed, or itself. Nothing is signed until a person has looked."""


class NothingSigned(Exception):
    """No checkpoint covers what was asked for."""
