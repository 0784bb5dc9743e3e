from django.apps import AppConfig


class AccountingConfig(AppConfig):
    name = "anju.accounting"
    label = "accounting"
