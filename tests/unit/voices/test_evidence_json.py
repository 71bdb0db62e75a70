"""Evidence survives its stay in a row."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from safeguards.gate import ChallengeFacts, ConsentEvidence, EnrolmentEvidence, TakeEvidence
from tests.factories import evidence as make
from voices.evidence_json import from_json, text_of, to_json

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (ConsentEvidence, make.consent_evidence()),
        (TakeEvidence, make.take_evidence()),
        (EnrolmentEvidence, make.enrolment_evidence()),
        (ConsentEvidence, replace(make.consent_evidence(), liveness=None, asked=None)),
    ],
)
def test_what_comes_back_is_what_went_in(kind, found):
    assert from_json(kind, json.loads(json.dumps(to_json(found)))) == found


def test_a_number_that_is_none_becomes_null_and_comes_back_as_no_number():
    quality = replace(make.quality(), snr_db=math.inf)
    stored = to_json(quality)
    assert stored["snr_db"] is None
    assert math.isnan(from_json(type(quality), stored).snr_db)


def test_a_field_younger_than_the_row_takes_its_default():
    stored = to_json(ChallengeFacts("cha_1", "consumed", "words", ("a",), MOMENT, MOMENT, None, (0.5,)))
    del stored["shown_s"]
    assert from_json(ChallengeFacts, stored).shown_s is None


def test_numpy_scalars_are_numbers():
    assert to_json({"llr": np.float32(0.5)}) == {"llr": 0.5}


@pytest.mark.parametrize("broken", [{}, {"present": "yes"}, [], None, {"present": 1, "payload": None}])
def test_another_shape_is_refused(broken):
    with pytest.raises(ValueError, match="not the JSON of"):
        from_json(type(make.unmarked()), broken)


def test_the_text_of_equal_content_is_equal():
    assert text_of({"b": 1, "a": [True, None]}) == text_of({"a": [True, None], "b": 1}) == '{"a":[true,null],"b":1}'
