from django.apps import AppConfig


class LoansConfig(AppConfig):
    name = "anju.loans"
    label = "loans"
