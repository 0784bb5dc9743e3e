from django.apps import AppConfig


class PolicyStoreConfig(AppConfig):
    name = "anju.policy_store"
    label = "policy_store"
    #: The application role reads these tables and executes their functions; it cannot write them.
    writes_through_functions = True
