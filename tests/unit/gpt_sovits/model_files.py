"""A folder laid out as upstream's, with checkpoints of a few numbers; and a loopback server that can misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch

from tests.unit.gpt_sovits.crafted import saved, tiny_content


def s1() -> bytes:
    """A token model as far as its names go."""
    return saved(tiny_content())


def s2(channels: int = 512, *, pro: bool = False) -> bytes:
    """A synthesiser as far as its names go."""
    weight = {"enc_p.text_embedding.weight": torch.zeros(732, 1), "dec.conv_pre.weight": torch.zeros(channels, 1, 1)}
    if pro:
        weight["sv_emb.weight"] = torch.zeros(2, 2)
    return saved({"weight": weight, "config": {"model": {"version": "v2"}}, "info": "x"})


def upstream_folder(folder: Path) -> Path:
    """v2 and v2Pro beside each other, HuBERT, BERT, G2PW, and files that are nobody's."""
    sv = saved({"layer3_ds.weight": torch.zeros(1), "fuse34.local_att.0.weight": torch.zeros(1)})
    files = {
        "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt": s1(),
        "gsv-v2final-pretrained/s2G2333k.pth": s2(),
        "gsv-v2final-pretrained/s2D2333k.pth": saved(
            {"weight": {"discriminators.0.convs.0.weight_g": torch.zeros(1)}, "config": {}}
        ),
        "s1v3.ckpt": s1(),
        "v2Pro/s2Gv2Pro.pth": s2(pro=True),
        "sv/pretrained_eres2netv2w24s4ep4.ckpt": sv,
        "chinese-hubert-base/config.json": json.dumps({"model_type": "hubert"}).encode(),
        "chinese-hubert-base/pytorch_model.bin": saved({"encoder.weight": torch.ones(2, 3).half()}),
        "chinese-hubert-base/run.py": b"raise SystemExit('run')",
        "chinese-roberta-wwm-ext-large/config.json": json.dumps({"model_type": "bert"}).encode(),
        "chinese-roberta-wwm-ext-large/pytorch_model.bin": saved({"encoder.weight": torch.ones(2, 3)}),
        "G2PWModel/g2pW.onnx": b"\x08\x07onnx",
        "G2PWModel/POLYPHONIC_CHARS.txt": "重\tzhong4\n".encode(),
        "uvr5/other.pth": b"PK but no checkpoint",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


class Server:
    """What the handler serves and how it fails; ``asked`` records paths and ranges."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.break_after: int | None = None
        self.ignore_range = False
        self.endless = False
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Server]:
    """A server on the loopback."""
    state = Server(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("range")
            state.asked.append((self.path, wanted))
            if self.path in state.redirects:
                self.send_response(302)
                self.send_header("Location", state.redirects[self.path])
                self.end_headers()
                return
            data = state.files.get(self.path.lstrip("/"))
            if data is None:
                self.send_error(404)
                return
            start = int(wanted[6:-1]) if wanted and not state.ignore_range else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if not state.endless:
                self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            body = data[start:] * (50 if state.endless else 1)
            if state.break_after is not None:
                body = body[: state.break_after]
                state.break_after = None
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
