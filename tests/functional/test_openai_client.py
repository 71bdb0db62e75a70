"""The unmodified ``openai`` client against the web process under uvicorn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from django.db import connection

from tests.factories import voices as people
from tests.functional.conftest import SOUND, Worker
from tests.functional.driver import app_key
from voices import services
from voices.models import Grant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def grant(transactional_db: None) -> Grant:
    """An approved one, for one purpose, so that a client that knows no purposes need not name it."""
    made = people.active_grant(formats=["wav", "mp3", "pcm", "flac"])
    connection.close()
    return made


@pytest.fixture
def client(server: str, grant: Grant) -> openai.OpenAI:
    """As anybody would make it."""
    return openai.OpenAI(api_key=app_key(grant.organisation), base_url=f"{server}/v1", max_retries=0, timeout=30)


def test_create_returns_the_released_clip(client: openai.OpenAI, grant: Grant, worker: Worker) -> None:
    answer = client.audio.speech.create(
        model="tts-1", voice=grant.voice_id, input="Hello there.", response_format="wav"
    )
    assert answer.content == SOUND
    headers = answer.response.headers
    assert headers["content-type"] == "audio/wav"
    assert headers["x-clip-id"].startswith("cli_")
    assert headers["x-synthesis-id"].startswith("req_")
    assert headers["x-request-id"].startswith("rid_")
    assert headers["content-length"] == str(len(SOUND))


def test_with_streaming_response_sends_windows_before_the_last_one_is_made(
    client: openai.OpenAI, grant: Grant, worker: Worker
) -> None:
    first_is_here = threading.Event()
    worker.between = lambda index: _need(first_is_here.wait(20))
    got = b""
    with client.audio.speech.with_streaming_response.create(
        model="tts-1",
        voice=grant.voice_id,
        input="Hello.",
        response_format="pcm",
        extra_body={"stream_format": "audio"},
    ) as answer:
        for piece in answer.iter_bytes():
            got += piece
            first_is_here.set()
    assert got == SOUND


def test_server_sent_events_carry_the_same_bytes(client: openai.OpenAI, grant: Grant, worker: Worker) -> None:
    import base64
    import json

    for response_format in ("pcm", "flac"):
        with client.audio.speech.with_streaming_response.create(
            model="tts-1", voice=grant.voice_id, input="Hi.", response_format=response_format, stream_format="sse"
        ) as answer:
            events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
        assert [event["type"] for event in events[:-1]] == ["speech.audio.delta"] * (len(events) - 1)
        assert events[-1]["type"] == "speech.audio.done"
        assert b"".join(base64.b64decode(event["audio"]) for event in events[:-1]) == SOUND


def test_a_refusal_is_an_error_of_the_clients_own_kind_with_our_code(
    client: openai.OpenAI, grant: Grant, worker: Worker
) -> None:
    with pytest.raises(openai.PermissionDeniedError) as refused:
        client.audio.speech.create(
            model="tts-1",
            voice=grant.voice_id,
            input="Buy!",
            response_format="wav",
            extra_body={"purpose": "assistant"},
        )
    assert _body(refused.value)["code"] == "purpose_not_granted"
    with pytest.raises(openai.NotFoundError):
        client.audio.speech.create(model="tts-1", voice="alloy", input="Hi.", response_format="wav")
    with pytest.raises(openai.UnprocessableEntityError):
        client.audio.speech.create(model="tts-1", voice=grant.voice_id, input="", response_format="wav")


def test_a_retry_with_its_key_hears_the_same_clip(client: openai.OpenAI, grant: Grant, worker: Worker) -> None:
    answers = [
        client.audio.speech.create(
            model="tts-1",
            voice=grant.voice_id,
            input="Once.",
            response_format="wav",
            extra_headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]
    assert answers[0].response.headers["x-clip-id"] == answers[1].response.headers["x-clip-id"]
    assert answers[1].response.headers["idempotent-replayed"] == "true"


def test_a_withdrawal_in_the_middle_cuts_the_stream(grant: Grant, server: str, worker: Worker) -> None:
    begun = threading.Event()

    def withdraw(index: int) -> None:
        _need(begun.wait(20))
        if index == 2:
            services.grant_revoke(account_id=people.account_of(grant.voice), grant_id=grant.pk)

    worker.between = withdraw
    got: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError):
        listen(f"{server}/v1/audio/speech", grant, got, begun)
    assert 0 < len(b"".join(got)) < len(SOUND)


def listen(url: str, grant: Grant, got: list[bytes], begun: threading.Event) -> None:
    """Take a stream in, piece by piece."""
    body = {"model": "m", "voice": grant.voice_id, "input": "Hi.", "response_format": "pcm", "stream_format": "audio"}
    headers = {"Authorization": f"Bearer {app_key(grant.organisation)}"}
    with httpx.stream("POST", url, json=body, headers=headers, timeout=30) as answer:
        for piece in answer.iter_bytes():
            got.append(piece)
            begun.set()


def test_requests_that_wait_do_not_hold_up_others(
    client: openai.OpenAI, grant: Grant, server: str, worker: Worker
) -> None:
    worker.hold.set()

    def speak(number: int) -> bytes:
        made: bytes = client.audio.speech.create(
            model="tts-1", voice=grant.voice_id, input=f"Number {number}.", response_format="wav"
        ).content
        return made

    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(speak, number) for number in range(12)]
        assert httpx.get(f"{server}/v1/healthz", timeout=20).status_code == 200
        assert not any(one.done() for one in waiting)
        worker.hold.clear()
        assert {one.result(60) for one in waiting} == {SOUND}


def test_too_long_a_wait_ends_in_504_that_names_the_request(
    client: openai.OpenAI, grant: Grant, settings: Any, worker: Worker
) -> None:
    settings.VIVAVOCE_SPEECH_WAIT_SECONDS = 0.2
    worker.hold.set()
    with pytest.raises(openai.APIStatusError) as late:
        client.audio.speech.create(model="tts-1", voice=grant.voice_id, input="Hi.", response_format="wav")
    assert late.value.status_code == 504
    assert late.value.response.headers["location"] == f"/v1/synthesis/{_body(late.value)['synthesis_id']}"


def test_elevenlabs_clients_are_answered(grant: Grant, server: str, worker: Worker) -> None:
    key = app_key(grant.organisation)
    for path in ("", "/stream"):
        answer = httpx.post(
            f"{server}/v1/text-to-speech/{grant.voice_id}{path}?output_format=pcm_24000",
            headers={"xi-api-key": key},
            json={"text": "Hello.", "model_id": "eleven_v2", "voice_settings": {"stability": 0.5, "speed": 1.0}},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        assert answer.content == SOUND


def test_a_body_over_the_limit_is_refused_by_the_server_before_django(server: str, grant: Grant) -> None:
    answer = httpx.post(
        f"{server}/v1/synthesis",
        content=b'{"text": "' + b"a" * 2_000_000 + b'"}',
        headers={"Authorization": f"Bearer {app_key(grant.organisation)}", "Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


def _body(error: openai.APIStatusError) -> dict[str, Any]:
    assert isinstance(error.body, dict)
    return error.body


def _need(held: bool) -> None:
    if not held:
        raise AssertionError("the first window did not arrive while the second was being made")
