from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "anju.api"
    label = "api"
