"""Every address of Anju. A page behind the sign-in is declared by `_page`, which asks `access` who may open it."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from anju.web.access import Parameters, View, guarded
from anju.web.views import (
    account,
    annex,
    books,
    catalogue,
    desk,
    desk_case,
    desk_counter,
    desk_form,
    desk_move,
    health,
    home,
    members,
    messages,
    runs,
    style,
)


def _page(route: str, view: View[Parameters], name: str) -> URLPattern:
    return path(route, guarded(view, name), name=name)


urlpatterns: list[URLPattern] = [
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
    _page("desk/", desk.desk, "desk"),
    _page("desk/search/", desk.search, "desk-search"),
    _page("desk/drafts/", desk_counter.drafts, "desk-drafts"),
    _page("desk/new/", desk_counter.new, "desk-new"),
    _page("desk/new/<slug:code>/", desk_counter.start, "desk-start"),
    _page("desk/cases/<slug:number>/", desk_case.case, "desk-case"),
    _page("desk/cases/<slug:number>/form/", desk_form.form, "desk-form"),
    _page("desk/cases/<slug:number>/claim/", desk_case.claim, "desk-claim"),
    _page("desk/cases/<slug:number>/reveal/", desk_case.reveal, "desk-reveal"),
    _page("desk/cases/<slug:number>/receipt/", desk_case.receipt, "desk-receipt"),
    _page("desk/cases/<slug:number>/files/<int:material>/", desk_case.file, "desk-file"),
    _page("desk/cases/<slug:number>/do/<slug:verb>/", desk_move.move, "desk-move"),
    _page("catalogue/", catalogue.catalogue, "catalogue"),
    _page("catalogue/<slug:code>/", catalogue.catalogue_item, "catalogue-item"),
    _page("messages/", messages.messages, "messages"),
    _page("style/", style.style, "style"),
    _page("style/<slug:page>/", style.style_page, "style-page"),
]
