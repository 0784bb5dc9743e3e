from django.apps import AppConfig


class ContributionsConfig(AppConfig):
    name = "anju.contributions"
    label = "contributions"
