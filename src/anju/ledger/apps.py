from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "anju.ledger"
    label = "ledger"
    #: The application role reads these tables and executes their functions; it cannot write them.
    writes_through_functions = True

    def ready(self) -> None:
        """Show the figures of the nightly proof."""
        from anju.ledger import nightly
        from anju.platform import metrics

        metrics.register(nightly.figures)
