"""Loaded by ``-p tests.home`` before Django reads its settings: every test process gets a folder of its own.

A variable set by hand (another database, another broker) is left as it is.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="vivavoce-test-")
os.environ["VIVAVOCE_HOME"] = FOLDER
os.environ.setdefault("VIVAVOCE_LOG_LEVEL", "ERROR")
os.environ.setdefault("OMP_NUM_THREADS", "1")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
