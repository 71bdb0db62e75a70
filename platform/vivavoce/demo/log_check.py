"""The stand-alone verifier over an exported bundle, and over a copy that somebody tampered with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from vivavoce.demo.server import Server
from vivavoce.demo.transcript import Transcript


def check_log(told: Transcript, server: Server, output: Path) -> None:
    """Export, verify, change one character in a copy, verify again."""
    bundle, keys = output / "log-bundle.json", output / "log-keys.txt"
    told.heading("Anybody checks the log")
    with told.step("The log is exported and verified by the stand-alone verifier (no Django, no torch, no database)"):
        server.command("log", "export", "--out", str(bundle))
        keys.write_text(httpx.get(f"{server.url}/v1/log/keys", timeout=30).text, encoding="utf-8")
        code, said = _verify(bundle, keys)
        told.note(said)
        told.expect(code == 0, "the verifier ends in 0")
    with told.step("A copy is tampered with: one entry's body is changed"):
        forged = output / "log-bundle-tampered.json"
        index = tamper(bundle, forged)
        code, said = _verify(forged, keys)
        told.note(said)
        told.expect(code != 0 and str(index) in said, f"the verifier ends in {code} and names entry {index}")


def tamper(bundle: Path, forged: Path) -> int:
    """Change the purpose or state recorded in the middle entry; returns its index."""
    document = json.loads(bundle.read_text(encoding="utf-8"))
    entries = document["entries"]
    index = len(entries) // 2
    entry = entries[index]
    leaf = entry["leaf"]
    entry["leaf"] = leaf.replace('"at":"20', '"at":"19', 1)
    forged.write_text(json.dumps(document), encoding="utf-8")
    return index


def _verify(bundle: Path, keys: Path) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own verifier
        [sys.executable, "-m", "safeguards.audit.verify", str(bundle), "--key", str(keys)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()
