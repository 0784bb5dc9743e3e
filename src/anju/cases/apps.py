from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "anju.cases"
    label = "cases"
    #: A case moves through `cases_move` alone, which `transition` alone calls.
    writes_through_functions = (
        "cases_case",
        "cases_caseevent",
        "cases_clockevent",
        "cases_review",
        "cases_allowedmove",
    )

    def ready(self) -> None:
        """Load the declared service items; a wrong declaration stops the program here."""
        from anju.cases import catalogue, messages, queries
        from anju.platform import metrics

        catalogue.load()
        messages.subscribe()
        metrics.register(queries.figures)
