"""Permits: capabilities that only the gate makes. Code that needs one takes it as an argument, so ungated code does not type-check.

A permit lives in the process that issued it. It cannot be built, copied, changed or pickled; ``require`` also recognises one that was
conjured up with ``object.__new__``, because it was never registered. It does not outlive a decision: each step derives its own.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar, NoReturn, Self, TypeVar, final
from weakref import WeakKeyDictionary

_TOKEN = object()


class Permit:
    """Base of all permits. ``subject`` is the id of the row it is for."""

    __slots__ = ("__weakref__", "id", "issued_at", "policy_version", "subject", "world")
    id: str
    subject: str
    world: str
    policy_version: str
    issued_at: datetime
    _issued: ClassVar[WeakKeyDictionary[Permit, tuple[type[Permit], str]]] = WeakKeyDictionary()

    def __new__(cls, token: object = None, *_: object) -> Self:
        """Refuse everybody but the gate."""
        if token is not _TOKEN or cls not in KINDS:
            raise RuntimeError("only the gate issues permits")
        return super().__new__(cls)

    def __init__(self, _token: object, subject: str, world: str, policy_version: str, issued_at: datetime) -> None:
        values = {
            "id": secrets.token_hex(16),
            "subject": subject,
            "world": world,
            "policy_version": policy_version,
            "issued_at": issued_at,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        Permit._issued[self] = (type(self), subject)

    @classmethod
    def require(cls, permit: object, *, subject: str) -> Self:
        """Return ``permit`` if the gate issued it, of this kind, for this subject.

        Raises:
            RuntimeError: anything else; that is a mistake in our own code, never something a person did.
        """
        if type(permit) is not cls or permit not in Permit._issued:
            raise RuntimeError(f"a {cls.__name__} issued by the gate is needed, got {type(permit).__name__}")
        if Permit._issued[permit] != (cls, subject):
            raise RuntimeError(f"the permit is not for {subject!r}")
        return permit

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("permits do not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("permits do not change")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("permits stay in the process that issued them")

    def __copy__(self) -> NoReturn:
        raise TypeError("permits are not copied")

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise TypeError("permits are not copied")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.subject} {self.policy_version}>"


@final
class ConsentPermit(Permit):
    """This consent may become active."""

    __slots__ = ()


@final
class TakePermit(Permit):
    """This reading may count towards its enrolment."""

    __slots__ = ()


@final
class EnrolmentPermit(Permit):
    """This enrolment may be queued for training."""

    __slots__ = ()


@final
class TrainingPermit(Permit):
    """A model may be trained from this enrolment, and put to use."""

    __slots__ = ()


@final
class SynthesisPermit(Permit):
    """This request may go on."""

    __slots__ = ()


@final
class ReleasePermit(Permit):
    """This request's finished audio may be released."""

    __slots__ = ()


KINDS: frozenset[type[Permit]] = frozenset(
    {ConsentPermit, TakePermit, EnrolmentPermit, TrainingPermit, SynthesisPermit, ReleasePermit}
)

PermitKind = TypeVar("PermitKind", bound=Permit)


def issue(kind: type[PermitKind], *, subject: str, world: str, policy_version: str, now: datetime) -> PermitKind:
    """Make a permit. For the modules of the gate alone."""
    return kind(_TOKEN, subject, world, policy_version, now)
