"""Read the CMU Sphinx en-us acoustic model that the ``pocketsphinx`` package carries, from its files, into arrays.

Only the model files are used, not the decoder: the checks need exact scores of many rival transcripts over the same
frames, which is a batched Viterbi pass over one emission matrix rather than many decodes. The model is a phonetically
tied mixture (PTM): every context-independent phone owns a codebook of Gaussians per feature stream, and every senone
owns mixture weights over its phone's codebook. File layouts: the ``FORMAT DESCRIPTION`` texts inside ``mdef`` and
``sendump``, and the "s3" header of the parameter files (CMU Sphinx, BSD licence).
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_DIGESTS = {
    "mdef": "2360f9a86889c1cfee8bd618a0269387911e5fb2920a594f506b18b8c79683b0",
    "means": "832019e32cac12eb318964f96f469034acb12d0348eeddc3831831a100cb4dd4",
    "variances": "b00d696f85e96834fc10f8e5f06428d8c4db6bffdbe5845b6f69bf6efbc48fa5",
    "sendump": "8c9564c0d5bef69ca9d9bf1014abe162f071644cf02cf1fa8a483c3dc165a7a8",
    "transition_matrices": "c1f7f28ea43177be734be1f88bd7f1b9a853d0e660f8599c67c6eaeca8bb539a",
}
_VARIANCE_FLOOR = 1e-4
_WEIGHT_STEP = 1024 * np.log(1.0001)  # sendump holds -log(weight) in units of 1.0001 ** 1024
_BYTE_ORDER_MARK = 0x11223344

Position = str  # "s" one-phone word, "b" begin, "e" end, "i" internal
_POSITIONS = {"i": 0, "b": 1, "e": 2, "s": 3}


class AcousticModelError(Exception):
    """The acoustic model is missing, or is not the file whose digest is pinned."""


@dataclass(frozen=True, eq=False)
class AcousticModel:
    """Arrays of a 3-state PTM model.

    Attributes:
        phones: names of the context-independent phones; ``SIL`` among them.
        means, precisions: float32 ``[codebook, stream, density, 13]``; precision is 1 / variance.
        constants: float32 ``[codebook, stream, density]``, the Gaussians' log normalisers.
        log_weights: float32 ``[stream, density, senone]``.
        senone_phone: int ``[senone]``, the codebook (= phone) of each senone.
        stay, leave: float32 ``[phone, 3]``, log transition probabilities of each state.
        sequences: int ``[sequence, 3]``, the senones of each distinct state sequence.
        phone_sequence: int ``[phone]``, the sequence of each context-independent phone.
    """

    phones: tuple[str, ...]
    means: NDArray[np.float32]
    precisions: NDArray[np.float32]
    constants: NDArray[np.float32]
    log_weights: NDArray[np.float32]
    senone_phone: NDArray[np.int64]
    stay: NDArray[np.float32]
    leave: NDArray[np.float32]
    sequences: NDArray[np.int64]
    phone_sequence: NDArray[np.int64]
    _triphones: dict[tuple[int, int, int, int], int]

    @cached_property
    def index(self) -> dict[str, int]:
        """Phone name to number."""
        return {name: number for number, name in enumerate(self.phones)}

    def senones(self, phone: str, left: str, right: str, position: Position) -> tuple[int, int, int]:
        """The three senones of a phone in its context; backs off to other word positions, then to no context."""
        base, before, after = self.index[phone], self.index[left], self.index[right]
        for code in (_POSITIONS[position], *_POSITIONS.values()):
            sequence = self._triphones.get((base, before, after, code))
            if sequence is not None:
                break
        else:
            sequence = int(self.phone_sequence[base])
        first, second, third = self.sequences[sequence]
        return int(first), int(second), int(third)


@lru_cache(maxsize=1)
def load() -> AcousticModel:
    """The pinned en-us model, read once per process.

    Raises:
        AcousticModelError: the ``pocketsphinx`` package or a file is missing, or a digest differs.
    """
    folder = model_folder() / "en-us"
    contents = {name: _pinned(folder / name, digest) for name, digest in _DIGESTS.items()}
    phones, sequences, phone_sequence, senone_phone, triphones = _definition(contents["mdef"])
    means = _gaussians(contents["means"])
    variances = np.maximum(_gaussians(contents["variances"]), _VARIANCE_FLOOR)
    stay, leave = _transitions(contents["transition_matrices"])
    return AcousticModel(
        phones=phones,
        means=means,
        precisions=(1.0 / variances).astype(np.float32),
        constants=(-0.5 * np.log(2.0 * np.pi * variances).sum(axis=-1)).astype(np.float32),
        log_weights=_weights(contents["sendump"], means.shape[1], len(senone_phone)),
        senone_phone=senone_phone,
        stay=stay,
        leave=leave,
        sequences=sequences,
        phone_sequence=phone_sequence,
        _triphones=triphones,
    )


def model_folder() -> Path:
    """Where the installed package keeps its en-us model; the package itself is not imported.

    Raises:
        AcousticModelError: the package is not installed.
    """
    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        raise AcousticModelError("the pocketsphinx package, whose en-us acoustic model is used, is not installed")
    return Path(spec.origin).parent / "model" / "en-us"


def _pinned(path: Path, digest: str) -> bytes:
    if not path.is_file():
        raise AcousticModelError(f"missing acoustic model file: {path.name}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise AcousticModelError(f"the digest of {path.name} is not the pinned one")
    return content


def _s3_body(content: bytes) -> bytes:
    _, _, body = content.partition(b"endhdr\n")
    if struct.unpack_from("<I", body)[0] != _BYTE_ORDER_MARK:
        raise AcousticModelError("parameter file with an unknown byte order")
    return body[4:]


def _gaussians(content: bytes) -> NDArray[np.float32]:
    body = _s3_body(content)
    codebooks, streams, densities = struct.unpack_from("<3i", body)
    widths = struct.unpack_from(f"<{streams}i", body, 12)
    values = np.frombuffer(body, dtype="<f4", count=codebooks * densities * sum(widths), offset=16 + 4 * streams)
    return values.reshape(codebooks, streams, densities, widths[0]).copy()


def _transitions(content: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    body = _s3_body(content)
    count, rows, columns = struct.unpack_from("<3i", body)
    values = np.frombuffer(body, dtype="<f4", count=count * rows * columns, offset=16).reshape(count, rows, columns)
    probabilities = values / values.sum(axis=2, keepdims=True)
    stay = np.stack([probabilities[:, state, state] for state in range(rows)], axis=1)
    stay = np.clip(stay, 1e-4, 1 - 1e-4)
    return np.log(stay).astype(np.float32), np.log1p(-stay).astype(np.float32)


def _weights(content: bytes, streams: int, senones: int) -> NDArray[np.float32]:
    offset = 0
    while True:
        (length,) = struct.unpack_from("<i", content, offset)
        offset += 4
        if length == 0:
            break
        offset += length
    densities, columns = struct.unpack_from("<2i", content, offset)
    if columns != senones:
        raise AcousticModelError(f"mixture weights for {columns} senones, the model has {senones}")
    steps = np.frombuffer(content, dtype=np.uint8, count=streams * densities * senones, offset=offset + 8)
    weights: NDArray[np.float32] = (steps.reshape(streams, densities, senones) * -_WEIGHT_STEP).astype(np.float32)
    return weights


def _definition(
    content: bytes,
) -> tuple[
    tuple[str, ...],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    dict[tuple[int, int, int, int], int],
]:
    (description,) = struct.unpack_from("<i", content, 8)
    offset = 12 + description
    phones, entries, states, _, senones, _, sequences, _, tree, _ = struct.unpack_from("<10i", content, offset)
    offset += 40
    names_start = offset
    names = []
    for _ in range(phones):
        end = content.index(b"\x00", offset)
        names.append(content[offset:end].decode("ascii"))
        offset = end + 1
    offset = names_start + -(-(offset - names_start) // 4) * 4 + tree * 8
    record = np.dtype([("sequence", "<i4"), ("transition", "<i4"), ("attributes", "u1", (4,))])
    table = np.frombuffer(content, dtype=record, count=entries, offset=offset)
    offset += entries * record.itemsize + 4  # a count precedes the sequences
    states_table = np.frombuffer(content, dtype="<u2", count=sequences * states, offset=offset)
    states_table = states_table.reshape(sequences, states).astype(np.int64)
    senone_phone = np.zeros(senones, dtype=np.int64)
    for phone in range(phones):
        senone_phone[states_table[table["sequence"][phone]]] = phone
    triphones = {}
    for row in range(phones, entries):
        position, base, left, right = (int(value) for value in table["attributes"][row])
        sequence = int(table["sequence"][row])
        triphones[base, left, right, position] = sequence
        senone_phone[states_table[sequence]] = base
    return tuple(names), states_table, table["sequence"][:phones].astype(np.int64), senone_phone, triphones
