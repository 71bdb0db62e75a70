"""Names under which this room's values are sealed: table, column and row, so that sealed values cannot trade places."""

from __future__ import annotations


def text(request_id: str) -> str:
    """The text of a request, under the voice owner's data key."""
    return f"synthesis.request.text:{request_id}"


def words(request_id: str) -> str:
    """Words and times of a request, under the voice owner's data key."""
    return f"synthesis.request.words:{request_id}"


def raw(request_id: str) -> str:
    """The engine's audio of a request, to the egress key."""
    return f"synthesis.render.raw:{request_id}"


def raw_window(request_id: str, index: int) -> str:
    """One clause of the engine's audio, to the egress key."""
    return f"synthesis.raw_window.raw:{request_id}:{index}"


def window(request_id: str, index: int) -> str:
    """One window of a stream, under the voice owner's data key."""
    return f"synthesis.stream_window.sealed:{request_id}:{index}"
