from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "anju.contributions"
    label = "contributions"

    def ready(self) -> None:
        """Listen to the outbox."""
        from anju.contributions import relief_nightly

        relief_nightly.subscribe()
