"""Permits come from the gate and from nowhere else."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle

import pytest

from safeguards.gate import LIVE, ConsentPermit, ReleasePermit, permit_consent, permit_release
from safeguards.gate.permits import KINDS, Permit
from tests.factories import evidence as make


@pytest.fixture
def permit() -> ConsentPermit:
    issued = permit_consent(make.consent_evidence(), LIVE, make.NOW)
    assert isinstance(issued, ConsentPermit)
    return issued


def test_an_issued_permit_is_recognised_for_its_subject(permit):
    assert ConsentPermit.require(permit, subject="con_1") is permit


def test_a_permit_for_another_subject_or_of_another_kind_is_not_accepted(permit):
    with pytest.raises(RuntimeError):
        ConsentPermit.require(permit, subject="con_2")
    with pytest.raises(RuntimeError):
        ReleasePermit.require(permit, subject="con_1")


@pytest.mark.parametrize("kind", sorted(KINDS, key=lambda kind: kind.__name__))
def test_nobody_but_the_gate_constructs_one(kind):
    with pytest.raises(RuntimeError, match="only the gate"):
        kind()
    with pytest.raises(RuntimeError, match="only the gate"):
        kind(object(), "con_1", "live", LIVE.version, make.NOW)


def test_one_conjured_up_without_construction_is_not_recognised():
    fake = object.__new__(ConsentPermit)
    for name, value in (("subject", "con_1"), ("world", "live"), ("id", "0"), ("policy_version", "x")):
        object.__setattr__(fake, name, value)
    with pytest.raises(RuntimeError):
        ConsentPermit.require(fake, subject="con_1")


def test_a_subclass_is_not_a_permit():
    forged = type("Forged", (Permit,), {})
    with pytest.raises(RuntimeError):
        forged()


def test_a_look_alike_is_not_a_permit():
    class Impostor:
        subject = "con_1"

    with pytest.raises(RuntimeError):
        ConsentPermit.require(Impostor(), subject="con_1")


def test_a_permit_cannot_be_changed_copied_replaced_or_pickled(permit):
    with pytest.raises(AttributeError):
        permit.subject = "con_2"
    with pytest.raises(AttributeError):
        del permit.subject
    for operation in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            operation(permit)
    with pytest.raises(TypeError):
        dataclasses.replace(permit, subject="con_2")


def test_a_permit_whose_subject_was_overwritten_by_force_is_still_for_the_old_one(permit):
    object.__setattr__(permit, "subject", "con_2")
    with pytest.raises(RuntimeError):
        ConsentPermit.require(permit, subject="con_2")


def test_a_permit_whose_kind_was_changed_by_force_is_not_recognised(permit):
    object.__setattr__(permit, "__class__", ReleasePermit)
    with pytest.raises(RuntimeError):
        ReleasePermit.require(permit, subject="con_1")


def test_permits_do_not_pile_up_in_memory():
    before = len(Permit._issued)
    for _ in range(50):
        permit_release(make.release_facts(), make.NOW)
    gc.collect()
    assert len(Permit._issued) <= before
