"""Settings of a process that holds the log and nothing else; the database comes from ``BENCH_LOG_DATABASE``."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path

from vivavoce import env

SECRET_KEY = "bench"
USE_TZ = True
INSTALLED_APPS = ["safeguards.audit"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.database(os.environ["BENCH_LOG_DATABASE"])}
VIVAVOCE_LOG_SIGNING_KEYS = [base64.b64encode(bytes(32)).decode()]
VIVAVOCE_LOG_ORIGIN = "log.test/bench"
VIVAVOCE_CHECKPOINT_DIR = Path(os.environ.get("BENCH_LOG_HOME", tempfile.gettempdir())) / "checkpoints"
