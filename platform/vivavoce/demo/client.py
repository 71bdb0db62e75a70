"""A small HTTP client: JSON in, JSON out, problems as values, waiting by polling."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from vivavoce.demo.transcript import StoryFailedError

Json = dict[str, Any]


@dataclass(eq=False)
class Problem(Exception):
    """An RFC 9457 answer."""

    status: int
    code: str
    detail: str
    codes: tuple[str, ...]


class Client:
    """One principal: an API key at one address."""

    def __init__(self, url: str, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=120)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def get(self, path: str) -> Json:
        """GET a JSON document.

        Raises:
            Problem: for any status from 400.
        """
        return self._json(self._http.get(path))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """POST a JSON document."""
        return self._json(self._http.post(path, json=dict(body or {})))

    def delete(self, path: str) -> Json:
        """DELETE."""
        return self._json(self._http.delete(path))

    def upload(self, path: str, data: bytes, **fields: str) -> Json:
        """POST audio as a multipart form with further fields."""
        return self._json(
            self._http.post(path, data=fields, files={"file": ("audio", data, "application/octet-stream")})
        )

    def download(self, path: str) -> bytes:
        """GET bytes."""
        answer = self._http.get(path)
        self._raise(answer)
        return answer.content

    def wait(
        self, path: str, done: Callable[[Json], bool], *, seconds: float, tell: Callable[[Json], None] | None = None
    ) -> Json:
        """Poll until ``done``; ``tell`` sees each answer.

        Raises:
            StoryFailedError: when it takes longer than ``seconds``.
        """
        until = time.monotonic() + seconds
        while True:
            answer = self.get(path)
            if tell is not None:
                tell(answer)
            if done(answer):
                return answer
            if time.monotonic() > until:
                raise StoryFailedError(f"{path} is still {answer.get('state')!r} after {seconds:.0f} s")
            time.sleep(0.4)

    def _json(self, answer: httpx.Response) -> Json:
        self._raise(answer)
        body: Json = answer.json() if answer.content else {}
        return body

    @staticmethod
    def _raise(answer: httpx.Response) -> None:
        if answer.status_code < httpx.codes.BAD_REQUEST:
            return
        try:
            body = answer.json()
        except ValueError:
            body = {}
        raise Problem(
            answer.status_code,
            str(body.get("code", "no_problem_document")),
            str(body.get("detail", answer.text[:200])),
            tuple(body.get("codes") or [body.get("code", "")]),
        )
