"""What each test here starts from."""

from tests.fakes.fixtures import engine, nudges

__all__ = ["engine", "nudges"]
