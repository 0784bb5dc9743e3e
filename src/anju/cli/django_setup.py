"""Commands that need the database call `ensure()` first: server up, Django configured, schema present."""

import os

from anju.platform.embedded import EmbeddedServer
from anju.platform.settings import Settings, read_settings


def ensure(*, migrate: bool = True) -> Settings:
    """Start the embedded server when it is the one to use, configure Django, and migrate when asked. Safe to repeat."""
    settings = read_settings()
    if settings.embedded:
        EmbeddedServer(settings.home).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anju.platform.django_settings")
    import django

    django.setup()
    if migrate:
        from anju.platform import schema

        if not schema.is_prepared():
            schema.prepare()
    return settings
