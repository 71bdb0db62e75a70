"""``vivavoce watermark key|embed|detect``: for trying the mark out. The platform's own clips are marked by egress and nowhere else, and only with
its own keys, which these commands never embed with."""

from __future__ import annotations

import argparse
import base64
import binascii
from importlib import import_module
from pathlib import Path
from typing import Any

from vivavoce.cli.output import Failed, Result

MAX_SECONDS = 3600.0
MAX_BYTES = 500 * 2**20


def register(commands: Any) -> None:
    """Add the subcommands."""
    actions = commands.add_parser("watermark", help="try the watermark on files of your own").add_subparsers(
        required=True, metavar="ACTION"
    )
    key = actions.add_parser("key", help="make a key file")
    key.add_argument("file", type=Path)
    key.set_defaults(run=make_key)
    embed_ = actions.add_parser("embed", help="mark a file with a key of yours")
    embed_.add_argument("file", type=Path)
    embed_.add_argument("output", type=Path, help="its ending names the format")
    embed_.add_argument("--payload", type=lambda text: int(text, 0), required=True, help="0 to 2**32 - 1")
    embed_.add_argument("--key", type=Path, required=True, help="key file; never one of the platform's keys")
    embed_.set_defaults(run=embed)
    detect_ = actions.add_parser("detect", help="look for a mark; ends in 1 when there is none")
    detect_.add_argument("file", type=Path)
    detect_.add_argument(
        "--key", type=Path, action="append", help="key file (repeatable); the platform's keys when left out"
    )
    detect_.set_defaults(run=detect)
    for parser in (key, embed_, detect_):
        parser.add_argument("--json", action="store_true", help="print JSON")


def make_key(options: argparse.Namespace) -> Result:
    """Write a new key, readable by its owner only."""
    key = _watermark().WatermarkKey.generate()
    try:
        options.file.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise Failed(f"{options.file} cannot be made: {error.strerror}") from error
    options.file.write_bytes(base64.b64encode(key.to_bytes()))
    return Result({"file": str(options.file)}, [f"wrote {options.file}"])


def embed(options: argparse.Namespace) -> Result:
    """Mark a copy."""
    from django.conf import settings

    from audiokit import EXTENSIONS, FORMATS, AudioFormat, read, write

    formats: dict[str, AudioFormat] = {EXTENSIONS[name].lstrip("."): name for name in FORMATS}
    chosen = formats.get(options.output.suffix.lstrip(".").lower())
    if chosen is None:
        raise Failed(f"end the output's name in one of {', '.join(sorted(formats))}")
    if not 0 <= options.payload < 2**32:
        raise Failed("the payload lies between 0 and 2**32 - 1")
    key = _key(options.key)
    if base64.b64encode(key.to_bytes()).decode() in settings.VIVAVOCE_WATERMARK_KEYS:
        raise Failed("this is a key of the platform; what carries its mark must come from its own exit")
    sound = read(options.file, max_seconds=MAX_SECONDS, max_bytes=MAX_BYTES)
    marked = _watermark().embed(sound, options.payload, key)
    options.output.write_bytes(write(marked.audio, chosen))
    document = {"file": str(options.output), "payload": options.payload, "seconds": round(sound.seconds, 3)}
    return Result(document, [f"wrote {options.output} with payload {options.payload}"])


def detect(options: argparse.Namespace) -> Result:
    """Look for the mark of each key."""
    from audiokit import read

    keys = [_key(path) for path in options.key or ()] or _platform_keys()
    found = _watermark().detect(read(options.file, max_seconds=MAX_SECONDS, max_bytes=MAX_BYTES), keys)
    document = {
        "present": found.present,
        "payload": found.payload,
        "log10_p": found.log10_p,
        "spans": [list(span) for span in found.spans],
        "key_index": found.key_index,
    }
    line = f"present, payload {found.payload}, log10 p = {found.log10_p:.1f}" if found.present else "not detected"
    return Result(document, [line], 0 if found.present else 1)


def _platform_keys() -> Any:
    return import_module("synthesis.egress.credentials").watermark_keys()


def _watermark() -> Any:
    # Named, not imported: nothing of this package may lead to torch.
    return import_module("safeguards.watermark")


def _key(path: Path) -> Any:
    try:
        secret = base64.b64decode(path.read_bytes().strip(), validate=True)
        return _watermark().WatermarkKey.from_bytes(secret)
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}") from error
    except (binascii.Error, ValueError, _watermark().WatermarkError) as error:
        raise Failed(f"{path} holds no key: base64 of 32 bytes is wanted") from error
