"""``vivavoce models list|add|pull|verify|export``: weights of the GPT-SoVITS engine, which the operator brings."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from vivavoce.cli.output import Failed, Result, table


def register(commands: Any) -> None:
    """Add the subcommands."""
    actions = commands.add_parser("models", help="weights of the production engine").add_subparsers(
        required=True, metavar="ACTION"
    )
    list_ = actions.add_parser("list", help="sets that are installed, and versions there are")
    list_.set_defaults(run=list_sets)
    add_ = actions.add_parser(
        "add", help="take in a folder you have, such as pretrained_models or your own fine-tuned files"
    )
    add_.add_argument("folder", type=Path)
    add_.set_defaults(run=add)
    pull_ = actions.add_parser("pull", help="fetch the files of a pin file, then take them in")
    pull_.add_argument("pins", type=Path, help="pin file: path, size and sha256 of each file")
    pull_.add_argument(
        "--from", dest="sources", action="append", default=[], help="folder or mirror to be tried first (repeatable)"
    )
    pull_.set_defaults(run=pull)
    for parser in (add_, pull_):
        parser.add_argument("--name", help="name of the set; its version when left out")
        parser.add_argument("--version", help="which released version, where the folder holds several")
        parser.add_argument("--t2s", type=Path, help="the token model's file, where there are several")
        parser.add_argument("--sovits", type=Path, help="the synthesiser's file, where there are several")
        parser.add_argument("--replace", action="store_true", help="take the place of a set of this name")
    add_.add_argument("--follow-links", action="store_true", help="take files that links in the folder lead to")
    add_.add_argument("--pins", type=Path, help="also write a pin file of what was taken, for other machines")
    verify_ = actions.add_parser("verify", help="recompute digests; ends in 1 when one is wrong")
    verify_.add_argument("name", nargs="?", help="all sets when left out")
    verify_.set_defaults(run=verify)
    export_ = actions.add_parser("export", help="write token step and vocoder as ONNX files, checked against torch")
    export_.add_argument("name", help="of the set")
    export_.add_argument("folder", type=Path, help="where to")
    export_.add_argument("--room", type=int, default=2048, help="positions of the token step's cache, at most 4096")
    export_.set_defaults(run=export)
    for parser in (list_, add_, pull_, verify_, export_):
        parser.add_argument("--json", action="store_true", help="print JSON")


def list_sets(_options: argparse.Namespace) -> Result:
    """What is installed."""
    library = _library()
    rows = [_row(found) for found in library.listed(_folder())]
    lines = table(rows, ("name", "version", "parts", "megabytes")) if rows else ["no models are installed"]
    versions = ", ".join(library.VERSIONS)
    return Result({"sets": rows, "versions": list(library.VERSIONS)}, [*lines, f"versions that can be run: {versions}"])


def add(options: argparse.Namespace) -> Result:
    """Convert and register a folder."""
    return _added(options, options.folder, follow_links=options.follow_links, pins=options.pins)


def pull(options: argparse.Namespace) -> Result:
    """Fetch, check, convert and register."""
    library = _library()
    if not options.pins.is_file():
        raise Failed(
            f"{options.pins} is no pin file; nothing is fetched without digests (docs/models.md says how to get them)"
        )
    pins = library.read_pins(options.pins)
    # By its pins: what another pin file left half done is not mixed in.
    downloads = _folder() / ".downloads" / hashlib.sha256(options.pins.read_bytes()).hexdigest()[:16]
    sources = [source if source.startswith(("https://", "http://")) else Path(source) for source in options.sources]
    library.fetch(pins, downloads, sources=sources, progress=_bar)
    result = _added(options, downloads, follow_links=False, pins=None)
    shutil.rmtree(downloads)
    return result


def verify(options: argparse.Namespace) -> Result:
    """Recompute digests."""
    library = _library()
    sets = [library.resolve(_folder(), options.name)] if options.name else library.listed(_folder())
    wrong = {found.name: library.verify(found, _bar) for found in sets}
    lines = [
        f"{name}: {'all files are as they were taken in' if not faults else ''}".rstrip(": ")
        for name, faults in wrong.items()
    ]
    lines += [f"{name}: {fault}" for name, faults in wrong.items() for fault in faults]
    return Result({"sets": wrong}, lines or ["no models are installed"], 1 if any(wrong.values()) else 0)


def export(options: argparse.Namespace) -> Result:
    """Write ONNX files."""
    found = _library().resolve(_folder(), options.name)
    # Named, not imported, and only here: the other commands load no torch.
    module = import_module("synthesis.engine.gpt_sovits.export.installed")
    differences = module.export_set(found, options.folder, room=options.room)
    lines = [f"{options.folder / name}: within {value:.0e} of torch" for name, value in differences.items()]
    return Result({"files": differences}, lines)


def _added(options: argparse.Namespace, folder: Path, *, follow_links: bool, pins: Path | None) -> Result:
    library = _library()
    parts = library.recognise(
        folder, version=options.version, t2s=options.t2s, sovits=options.sovits, follow_links=follow_links
    )
    name = options.name or parts.version.lower()
    found = library.add(
        parts, _folder(), name, source=folder, replace=options.replace, follow_links=follow_links, progress=_bar
    )
    if pins:
        library.write_pins(pins, found.sources)
    row = _row(found)
    return Result(row, [f"added {row['name']} ({row['version']}): {row['parts']}, {row['megabytes']} MB"])


def _row(found: Any) -> dict[str, object]:
    size = round(sum(pin.size for pin in found.files) / 1e6)
    return {"name": found.name, "version": found.version, "parts": " ".join(found.parts), "megabytes": size}


def _bar(path: str, done: int, size: int) -> None:
    """A line on the terminal, rewritten; nothing where nobody looks."""
    if sys.stderr.isatty():
        filled = 30 * done // max(size, 1)
        end = "\n" if done >= size else ""
        sys.stderr.write(
            f"\r{'#' * filled}{'.' * (30 - filled)} {done / 1e6:8.1f} of {size / 1e6:.1f} MB {path[-40:]}{end}"
        )


def _folder() -> Path:
    from django.conf import settings

    return Path(settings.VIVAVOCE_MODELS_DIR)


def _library() -> Any:
    # Named, not imported: commands reach the engine's room without being of it.
    return import_module("synthesis.engine.gpt_sovits.library")
