"""From rows of scores to the figures that are quoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.detector.intervals import eer_by_voice, share_by_voice
from bench.detector.scores import CONDITIONS, Row
from bench.identity.figures import det_points

_BINS = 10


def seen(rows: Sequence[Row]) -> dict[str, Any]:
    """Each condition: pooled EER, per system, verdicts, calibration, and the peer where it scored."""
    result: dict[str, Any] = {"conditions": {}, "det": {}, "reliability": {}}
    for condition in CONDITIONS.values():
        here = [row for row in rows if row["condition"] == condition]
        people, machines = _split(here)
        found: dict[str, Any] = {
            "eer": _eer(people, machines, "log_odds"),
            "systems": {
                system: _eer(people, [row for row in machines if row["system"] == system], "log_odds")
                for system in sorted({row["system"] for row in machines})
            },
            "people_called_synthetic": _called(people, "synthetic"),
            "people_inconclusive": _called(people, "inconclusive"),
            "machines_called_synthetic": _called(machines, "synthetic"),
            "machines_called_bona_fide_like": _called(machines, "bona_fide_like"),
        }
        error, bins = calibration(people, machines)
        found["calibration_error"] = error
        result["reliability"][condition] = bins
        result["det"][condition] = det_points(_values(people), _values(machines), 60)
        result["conditions"][condition] = found
        if condition == "untouched" and any("peer" in row for row in here):
            result["peer"] = against_peer([row for row in here if "peer" in row])
    return result


def against_peer(rows: Sequence[Row]) -> dict[str, Any]:
    """EERs of both on the clips that both scored, pooled and per system."""
    people, machines = _split(rows)
    table = {"pooled": {name: _eer(people, machines, name) for name in ("log_odds", "peer")}}
    for system in sorted({row["system"] for row in machines}):
        own = [row for row in machines if row["system"] == system]
        table[system] = {name: _eer(people, own, name) for name in ("log_odds", "peer")}
    return table


def channels(rows: Sequence[Row]) -> dict[str, Any]:
    """People called synthetic, and left open, per condition."""
    names = sorted({row["condition"] for row in rows})
    table = {}
    for name in names:
        own = [row for row in rows if row["condition"] == name]
        table[name] = {"called_synthetic": _called(own, "synthetic"), "inconclusive": _called(own, "inconclusive")}
    if rows:
        table["all"] = {"called_synthetic": _called(rows, "synthetic"), "inconclusive": _called(rows, "inconclusive")}
    return table


def unseen(rows: Sequence[Row]) -> dict[str, Any]:
    """From ``safeguards.detector.train --families``: EER of each fold's left-out systems, in each condition."""
    table: dict[str, Any] = {}
    for variant, condition in CONDITIONS.items():
        here = [row for row in rows if row["variant"] == variant]
        folds, shifted_people, shifted_machines = {}, [], []
        for fold in sorted({row["fold"] for row in here}):
            people, machines = _split([row for row in here if row["fold"] == fold])
            name = ", ".join(here[[row["fold"] for row in here].index(fold)]["families"])
            folds[name] = {
                "eer": _eer(people, machines, "log_odds"),
                "systems": {
                    system: _eer(people, [row for row in machines if row["system"] == system], "log_odds")
                    for system in sorted({row["system"] for row in machines})
                },
            }
            shifted_people += people
            shifted_machines += machines
        rates = [fold["eer"]["rate"] for fold in folds.values() if fold["eer"]["rate"] is not None]
        table[condition] = {
            "pooled": _eer(shifted_people, shifted_machines, "log_odds"),
            "mean_of_folds": float(np.mean(rates)) if rates else None,
            "folds": folds,
        }
    return table


def devices(rows: Sequence[Row]) -> dict[str, Any]:
    """From ``safeguards.liveness.train --devices``: EER of each device by nets that never met it."""
    table = {}
    for device in sorted({row["device"] for row in rows}):
        here = [row for row in rows if row["device"] == device]
        people, attacks = [row for row in here if not row["species"]], [row for row in here if row["species"]]
        table[device] = eer_by_voice(
            _values(people), [row["voice"] for row in people], _values(attacks), [row["voice"] for row in attacks]
        )
    return table


def calibration(people: Sequence[Row], machines: Sequence[Row]) -> tuple[float, list[dict[str, float]]]:
    """Expected calibration error and bins, both classes, and systems within theirs, weighing the same."""
    odds = np.concatenate([_values(people), _values(machines)])
    said = 1.0 / (1.0 + np.exp(-np.clip(odds, -60, 60)))
    labels = np.r_[np.zeros(len(people)), np.ones(len(machines))]
    names = [row["voice"] for row in people] + [row["system"] for row in machines]
    weights = np.array([1.0 / names.count(name) for name in names])
    for value in (0.0, 1.0):
        weights[labels == value] *= 0.5 / weights[labels == value].sum()
    place = np.clip((said * _BINS).astype(int), 0, _BINS - 1)
    error, bins = 0.0, []
    for number in range(_BINS):
        here = place == number
        if here.any():
            share = float(weights[here].sum())
            one = {
                "said": float(np.average(said[here], weights=weights[here])),
                "was": float(np.average(labels[here], weights=weights[here])),
                "share": share,
                "n": float(here.sum()),
            }
            error += share * abs(one["said"] - one["was"])
            bins.append(one)
    return error, bins


def _split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    return [row for row in rows if not row["system"]], [row for row in rows if row["system"]]


def _values(rows: Sequence[Row], name: str = "log_odds") -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([row[name] for row in rows], dtype=np.float64)


def _eer(people: Sequence[Row], machines: Sequence[Row], name: str) -> dict[str, Any]:
    return eer_by_voice(
        _values(people, name),
        [row["voice"] for row in people],
        _values(machines, name),
        [f"{row['system']}/{row['voice']}" for row in machines],
    )


def _called(rows: Sequence[Row], verdict: str) -> dict[str, Any]:
    return share_by_voice([row["verdict"] == verdict for row in rows], [row["voice"] for row in rows])
