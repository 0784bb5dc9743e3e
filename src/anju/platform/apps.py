from django.apps import AppConfig
from django.utils.translation import gettext

from anju.kernel import i18n


class PlatformConfig(AppConfig):
    name = "anju.platform"
    label = "platform"
    writes_through_functions = ("platform_auditentry", "platform_auditseal")

    def ready(self) -> None:
        """From here on, sentences of the kernel follow the reader's language; the audit log shows its figures."""
        i18n.install(gettext)
        from anju.platform import audit, metrics

        metrics.register(audit.figures)
