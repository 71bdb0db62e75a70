"""Settings of a process that holds the log and nothing else, so that eight of them start quickly."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from vivavoce import env

HOME = Path(os.environ["LOG_TEST_HOME"])
SECRET_KEY = "test"
USE_TZ = True
INSTALLED_APPS = ["safeguards.audit"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": env.database(os.environ["LOG_TEST_DATABASE"])}
VIVAVOCE_LOG_SIGNING_KEYS = [base64.b64encode(bytes(32)).decode()]
VIVAVOCE_LOG_ORIGIN = "log.test/many"
VIVAVOCE_CHECKPOINT_DIR = HOME / "checkpoints"
VIVAVOCE_CHECKPOINT_EVERY = 20
