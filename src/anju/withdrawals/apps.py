from django.apps import AppConfig


class WithdrawalsConfig(AppConfig):
    name = "anju.withdrawals"
    label = "withdrawals"
