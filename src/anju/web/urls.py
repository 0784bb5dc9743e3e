"""Every address of Anju. A page behind the sign-in is declared by `_page`, which asks `access` who may open it."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from anju.web.access import Parameters, View, guarded
from anju.web.views import account, annex, books, health, home, members, runs, style


def _page(route: str, view: View[Parameters], name: str) -> URLPattern:
    return path(route, guarded(view, name), name=name)


urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    _page("", home.home, "home"),
    _page("trial-balance/", books.trial_balance, "trial-balance"),
    _page("trial-balance.csv", books.trial_balance_csv, "trial-balance-csv"),
    _page("subjects/<slug:code>/", books.subject, "subject"),
    _page("journals/<int:journal_id>/", books.journal, "journal"),
    _page("annex-2/", annex.annex_2, "annex-2"),
    _page("members/", members.members, "members"),
    _page("members/<slug:number>/", members.member, "member"),
    _page("runs/", runs.runs, "runs"),
    _page("runs/<int:run_id>/", runs.run, "run"),
    _page("runs/<int:run_id>/problems.csv", runs.run_problems_csv, "run-problems-csv"),
    _page("runs/<int:run_id>/cancel/", runs.run_cancel, "run-cancel"),
    _page("runs/<int:run_id>/retry/", runs.run_retry, "run-retry"),
    _page("style/", style.style, "style"),
    _page("style/<slug:page>/", style.style_page, "style-page"),
    path("api/v1/", include("anju.api.urls")),
]
