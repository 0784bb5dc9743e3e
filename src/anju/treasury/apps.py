from django.apps import AppConfig


class TreasuryConfig(AppConfig):
    name = "anju.treasury"
    label = "treasury"
