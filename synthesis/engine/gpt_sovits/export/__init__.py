"""Networks as ONNX files, for runtimes other than torch."""

from __future__ import annotations
