from django.apps import AppConfig
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext

from anju.kernel import i18n


class PlatformConfig(AppConfig):
    name = "anju.platform"
    label = "platform"
    writes_through_functions = (
        "platform_auditentry", "platform_auditseal", "platform_storedfile", "platform_filepart",
    )  # fmt: skip

    def ready(self) -> None:
        """From here on, sentences of the kernel follow the reader's language; audit log and runs show their figures."""
        i18n.install(gettext)
        from anju.platform import audit, metrics
        from anju.platform.runs import queries
        from anju.platform.statements import cut_before_migrating

        metrics.register(audit.figures)
        metrics.register(queries.figures)
        pre_migrate.connect(cut_before_migrating, sender=self)
