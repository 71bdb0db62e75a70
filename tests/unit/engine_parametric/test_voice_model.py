"""A voice model is a value, and hostile bytes are refused."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from synthesis.engine.errors import EngineError
from synthesis.engine.parametric.voice import unpack
from synthesis.engine.voice_model import MAX_BYTES, VoiceModel

KEY = "vivavoce.voice"
DESCRIBED = {"format": 1, "engine": "parametric", "facts": {}}


def small_model() -> VoiceModel:
    return VoiceModel("parametric", {"b": np.ones(3, np.float16), "a": np.zeros((2, 2), np.float32)}, {"kind": "test"})


def file_of(arrays: dict[str, np.ndarray[Any, Any]], described: object) -> bytes:
    return bytes(save(arrays, metadata={KEY: json.dumps(described)}))


def test_bytes_give_the_same_model_back() -> None:
    model = small_model()
    again = VoiceModel.from_bytes(model.to_bytes())
    assert again == model
    assert again.to_bytes() == model.to_bytes()
    assert again.facts["kind"] == "test"
    assert np.array_equal(again.arrays["b"], model.arrays["b"])


def test_the_digest_does_not_depend_on_the_order_of_arrays_or_facts() -> None:
    one = VoiceModel("e", {"a": np.ones(2, np.float32), "b": np.ones(1, np.float32)}, {"x": "1", "y": "2"})
    two = VoiceModel("e", {"b": np.ones(1, np.float32), "a": np.ones(2, np.float32)}, {"y": "2", "x": "1"})
    assert one.digest == two.digest
    assert len(one.digest) == 64


def test_another_array_value_is_another_model() -> None:
    one = VoiceModel("e", {"a": np.zeros(2, np.float32)})
    two = VoiceModel("e", {"a": np.array([0, 1e-3], np.float32)})
    assert one != two


def test_arrays_cannot_be_changed_and_are_not_the_callers() -> None:
    mine = np.ones(3, np.float32)
    model = VoiceModel("e", {"a": mine})
    mine[0] = 5
    assert model.arrays["a"][0] == 1
    with pytest.raises(ValueError, match="read-only"):
        model.arrays["a"][0] = 2


def test_arrays_of_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        VoiceModel("e", {"a": np.ones(3)})


HOSTILE = {
    "nothing": b"",
    "a pickle": pickle.dumps({"a": 1}),
    "a header longer than the file": (10**9).to_bytes(8, "little") + b"{}",
    "a header that is no json": (4).to_bytes(8, "little") + b"oops",
    "a header that is a list": (2).to_bytes(8, "little") + b"[]",
    "a header nested without end": (100_000).to_bytes(8, "little") + b"[" * 100_000,
    "no description": bytes(save({"a": np.ones(1, np.float32)})),
    "an unknown format": file_of({"a": np.ones(1, np.float32)}, DESCRIBED | {"format": 2}),
    "an engine that is a number": file_of({"a": np.ones(1, np.float32)}, DESCRIBED | {"engine": 1}),
    "facts that are a list": file_of({"a": np.ones(1, np.float32)}, DESCRIBED | {"facts": []}),
    "a fact that is a number": file_of({"a": np.ones(1, np.float32)}, DESCRIBED | {"facts": {"a": 1}}),
    "float64": file_of({"a": np.ones(1)}, DESCRIBED),
    "not a number": file_of({"a": np.array([np.nan], np.float32)}, DESCRIBED),
    "cut off": small_model().to_bytes()[:-1],
    "too long by one": small_model().to_bytes() + b"\0",
    "an offset outside": small_model().to_bytes().replace(b"[0,16]", b"[0,99]"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(EngineError) as refused:
        VoiceModel.from_bytes(data)
    assert refused.value.code == "bad_voice_model"


def test_more_bytes_than_allowed_are_not_even_parsed() -> None:
    with pytest.raises(EngineError, match="at most"):
        VoiceModel.from_bytes(bytes(MAX_BYTES + 1))


def test_the_parametric_engine_refuses_another_engines_voice() -> None:
    with pytest.raises(EngineError, match="gpt-sovits"):
        unpack(VoiceModel("gpt-sovits", {}))


def test_the_parametric_engine_refuses_a_voice_that_lacks_a_part(anna: VoiceModel) -> None:
    arrays = dict(anna.arrays)
    del arrays["offsets"]
    with pytest.raises(EngineError, match="offsets"):
        unpack(VoiceModel("parametric", arrays, anna.facts))
