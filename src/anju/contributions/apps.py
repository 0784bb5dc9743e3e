"""归集: employers' rosters and the money that they bring in."""

from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "anju.contributions"
    label = "contributions"

    def ready(self) -> None:
        """Listen to the outbox and to receipts; make kinds of lists known."""
        from anju.contributions import relief_nightly
        from anju.contributions.flexible import subsidies
        from anju.contributions.letters.operations import claim
        from anju.contributions.receipts import register_claim
        from anju.contributions.sheets.declarations import register
        from anju.contributions.sheets.kinds.back_payment import BackPaymentSheet
        from anju.contributions.sheets.kinds.bases import BasesSheet
        from anju.contributions.sheets.kinds.opening import OpeningSheet
        from anju.contributions.sheets.kinds.remittance import RemittanceSheet
        from anju.contributions.sheets.kinds.sealing import SealingSheet, UnsealingSheet

        register_claim(claim)
        register_claim(subsidies.claim)
        relief_nightly.subscribe()
        for kind in (BackPaymentSheet, BasesSheet, OpeningSheet, RemittanceSheet, SealingSheet, UnsealingSheet):
            register(kind())
