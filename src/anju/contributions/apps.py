"""归集: employers' rosters and the money that they bring in."""

from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "anju.contributions"
    label = "contributions"

    def ready(self) -> None:
        from anju.contributions.letters import jobs  # noqa: F401 - declares its periodic job
        from anju.contributions.letters.operations import claim
        from anju.contributions.receipts import register_claim

        register_claim(claim)
