"""How often each check errs, as it was measured: the file ``measured.json`` beside its weights or thresholds.

Standard library only, so that whoever shows a threshold can show its error rate without loading a model. A file counts only for the version
of the check it names: after a check changed and before it is measured again, nothing is said. Form::

    {"version": "detector-2", "bench": "python -m bench.detector",
     "measures": [{"what": "human_called_synthetic", "where": "untouched", "errors": 0, "n": 34}, …]}

``what`` and ``where`` are codes; ``errors`` of ``n`` trials. An equal error rate has ``rate`` in place of ``errors``; trials that hang
together (one clip under many attacks) bring their own ``interval``. ``seconds`` is the length of sound, where that matters.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_ROOM: Final = Path(__file__).parent
# Check: where its measures lie, and the file and member that name its present version.
_FILES: Final = {
    "challenge": ("challenge/measured.json", "challenge/thresholds.json"),
    "speaker": ("speaker/measured.json", "speaker/calibration.json"),
    "consistency": ("speaker/measured_consistency.json", "speaker/calibration.json"),
    "detector": ("detector/weights/measured.json", "detector/weights/detector.json"),
    "replay": ("liveness/weights/measured_replay.json", "liveness/weights/replay.json"),
    "splice": ("liveness/weights/measured_splice.json", "liveness/weights/splice.json"),
    "watermark": ("watermark/measured.json", "watermark/version.json"),
    "fingerprint": ("fingerprint/measured.json", "fingerprint/version.json"),
}
_Z: Final = 1.959964  # 95 %


@dataclass(frozen=True, slots=True)
class Measure:
    """One rate with its 95 % interval (Wilson's, where the trials are independent).

    Attributes:
        what: code of the error.
        where: code of the condition.
        rate, low, high: in [0, 1].
        n: trials.
        errors: of those, where they were counted.
        seconds: length of the sound, where the rate depends on it.
    """

    what: str
    where: str
    rate: float
    low: float
    high: float
    n: int
    errors: int | None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one check.

    Attributes:
        check: its name.
        version: of the check as it is installed.
        bench: the command that measures it.
        measures: empty when the installed version was not measured.
        measured_version: the version that the file is about.
    """

    check: str
    version: str
    bench: str
    measures: tuple[Measure, ...]
    measured_version: str


_replaced: dict[str, tuple[Path | None, Path | None]] = {}


def replace(check: str, measures: Path | None, card: Path | None) -> None:
    """Read a check's rates and version from other files from now on, because an operator brought another model; None says nothing."""
    _replaced[check] = (measures, card)
    measured.cache_clear()


def restore() -> None:
    """Read all rates from our own files again."""
    _replaced.clear()
    measured.cache_clear()


@cache
def measured(check: str) -> Measured:
    """The rates of a check.

    Raises:
        KeyError: there is no such check.
    """
    ours = _FILES[check]
    measures, card = _replaced.get(check) or (_ROOM / ours[0], _ROOM / ours[1])
    version = str(_read(card).get("version", ""))
    content = _read(measures)
    of_this = bool(version) and content.get("version") == version
    found = tuple(_measure(item) for item in content.get("measures", [])) if of_this else ()
    return Measured(check, version, str(content.get("bench", "")), found, str(content.get("version", "")))


def measures_for(check: str, seconds: float) -> tuple[Measure, ...]:
    """The rates that hold for a sound: those that depend on no length, and those of the longest measured length it reaches.

    A sound shorter than any that was measured gets the rates of the shortest.

    Raises:
        KeyError: there is no such check.
    """
    known = measured(check).measures
    lengths = sorted({one.seconds for one in known if one.seconds is not None})
    reached = [length for length in lengths if length <= seconds] or lengths[:1]
    return tuple(one for one in known if one.seconds is None or one.seconds == reached[-1])


def wilson(errors: float, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927).

    Raises:
        ValueError: unless ``0 <= errors <= n`` and ``n > 0``.
    """
    if not 0 <= errors <= n or n == 0:
        raise ValueError(f"{errors} of {n} is no share")
    share, square = errors / n, _Z * _Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if errors == 0 else low), (1.0 if errors == n else high)


def _measure(item: dict[str, Any]) -> Measure:
    n: int = item["n"]
    errors: int | None = item.get("errors")
    rate = item["rate"] if errors is None else errors / n
    low, high = item.get("interval") or wilson(rate * n, n)
    return Measure(item["what"], item["where"], rate, low, high, n, errors, item.get("seconds"))


def _read(path: Path | None) -> dict[str, Any]:
    if path is None or not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
