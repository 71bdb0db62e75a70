"""One measuring process: ``python -m bench.log.worker append|proofs``; takes orders and answers as lines of JSON."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 (Django must be set up first)
from django.db import transaction  # noqa: E402

from bench.log import statistics  # noqa: E402
from bench.log.grow import grow_to  # noqa: E402
from safeguards.audit import bundle, checkpoints, log, merkle, proofs  # noqa: E402
from safeguards.audit.events import EventType  # noqa: E402
from safeguards.audit.models import Entry  # noqa: E402
from safeguards.audit.note import parse_keys  # noqa: E402
from safeguards.audit.verify import verify_bundle  # noqa: E402


def _say(**answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def append(count: int) -> None:
    """Append ``count`` entries, one transaction each; answer with start and end on the machine's clock."""
    start = time.time()
    for number in range(count):
        with transaction.atomic():
            log.append(
                EventType.REQUEST_ACCEPTED,
                actor="app:bench",
                subject=f"request:{number}",
                body={"units": 120, "format": "wav"},
            )
    _say(start=start, end=time.time())


def measure(size: int, samples: int) -> None:
    """Grow to ``size`` and time proofs of random entries, their verification, and single appends."""
    grow_to(size)
    generator = random.Random(size)
    root = proofs.root(size)
    make, cpu, check, consist, length, consist_length, rows = [], [], [], [], [], [], []
    for _ in range(samples):
        index, old = generator.randrange(size), generator.randrange(1, size)
        leaf = bytes(Entry.objects.values_list("leaf_hash", flat=True).get(pk=index))
        begin, busy = time.perf_counter(), time.process_time()
        proof = proofs.inclusion_proof(index, size)
        middle = time.perf_counter()
        cpu.append((time.process_time() - busy) * 1e3)
        merkle.verify_inclusion(index, size, leaf, proof, root)
        end = time.perf_counter()
        make.append((middle - begin) * 1e3)
        check.append((end - middle) * 1e6)
        length.append(32 * len(proof))
        rows.append(
            len({node for span in merkle.inclusion_ranges(index, size) for node in merkle.complete_subtrees(*span)})
        )
        begin = time.perf_counter()
        consistency = proofs.consistency_proof(old, size)
        consist.append((time.perf_counter() - begin) * 1e3)
        consist_length.append(32 * len(consistency))
    _say(
        size=size,
        inclusion_ms=statistics.median(make).as_dict(),
        inclusion_cpu_ms=statistics.median(cpu).as_dict(),
        verify_us=statistics.median(check).as_dict(),
        inclusion_bytes=max(length),
        inclusion_rows=max(rows),
        consistency_ms=statistics.median(consist).as_dict(),
        consistency_bytes=max(consist_length),
    )


def audit() -> None:
    """Sign, export and verify the whole log as it stands."""
    checkpoints.checkpoint_create()
    path = settings.VIVAVOCE_CHECKPOINT_DIR.parent / "bundle.json"
    begin = time.perf_counter()
    with path.open("w") as out:
        count = bundle.export_log(out)
    exported = time.perf_counter()
    with path.open() as file:
        report = verify_bundle(file, keys=parse_keys(bundle.key_file()))
    end = time.perf_counter()
    if not report.ok:
        raise SystemExit(report.as_text())
    _say(
        entries=count,
        export_per_s=count / (exported - begin),
        verify_per_s=count / (end - exported),
        bytes_per_entry=path.stat().st_size / count,
    )


def main() -> None:
    """Obey one order per line of standard input."""
    _say(ready=True)
    orders: dict[str, Callable[..., None]] = {"append": append, "measure": measure, "audit": audit}
    for line in sys.stdin:
        name, *numbers = line.split()
        orders[name](*map(int, numbers))


if __name__ == "__main__":
    main()
