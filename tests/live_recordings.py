"""Lay a real person's recordings out as ``make demo RECORDINGS=dir`` wants them: ``python -m tests.live_recordings --out DIR``.

The person is one of the shared speech set, named by ``--speaker``; files are copied, texts written to ``transcripts.csv``.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
from pathlib import Path

from tests.conftest import shared_folder

SPEAKER = "kathleen"
MIN_SECONDS, MAX_SECONDS = 2.5, 6.0
FILES = 40


def main() -> None:
    """Copy the first suitable clips of the speaker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--speaker", default=SPEAKER)
    arguments = parser.parse_args()
    speech = shared_folder() / "speech"
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    with (speech / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            wanted = row["speaker"] == arguments.speaker and row["kind"] == "bonafide" and row["transcript"]
            if wanted and MIN_SECONDS <= float(row["seconds"]) <= MAX_SECONDS and len(rows) < FILES:
                source = speech / row["path"]
                shutil.copyfile(source, arguments.out / source.name)
                rows.append((source.name, row["transcript"]))
    if not rows:
        sys.exit(f"no recordings of {arguments.speaker!r} in {speech}")
    with (arguments.out / "transcripts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "transcript"])
        writer.writerows(rows)
    sys.stdout.write(f"{len(rows)} recordings of {arguments.speaker} in {arguments.out}\n")


if __name__ == "__main__":
    main()
