from django.apps import AppConfig
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext

from anju.kernel import i18n


class PlatformConfig(AppConfig):
    name = "anju.platform"
    label = "platform"

    def ready(self) -> None:
        """From here on, sentences of the kernel follow the reader's language."""
        i18n.install(gettext)
        from anju.platform.statements import cut_before_migrating

        pre_migrate.connect(cut_before_migrating, sender=self)
