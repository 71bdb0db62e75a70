"""ASGI entry point."""

import os
from typing import cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")
_application = get_asgi_application()

from vivavoce.api.body_limit import App, BodyLimit  # noqa: E402 (its neighbours need Django to be set up)
from vivavoce.api.lanes import Lanes  # noqa: E402

application = BodyLimit(Lanes(cast(App, _application)))
