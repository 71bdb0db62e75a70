"""Benchmark of the watermark: attacks, quality, false positives, removal, speed."""
