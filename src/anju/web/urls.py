"""Every address of Anju. A page behind the sign-in is declared by `_page`, which asks `access` who may open it."""

from django.urls import URLPattern, URLResolver, include, path

from anju.platform.models import Kind
from anju.web.access import Parameters, View, guarded
from anju.web.views import (
    account,
    annex,
    arrears,
    audit_log,
    books,
    catalogue,
    certificates,
    debits,
    desk,
    desk_case,
    desk_counter,
    desk_form,
    desk_move,
    health,
    home,
    letters,
    members,
    messages,
    money,
    openid,
    organisation,
    people,
    runs,
    sessions,
    sign_up,
    style,
    unit_month,
    units,
    verify,
)
from anju.web.views import statements as staff_statements
from anju.web.views.portal import apply, drafts, follow, hand_in, month, papers, sheets, statements
from anju.web.views.portal import home as portal_home
from anju.web.views.portal.doors import EMPLOYER, MEMBER, Portal


def _page(route: str, view: View[Parameters], name: str) -> URLPattern:
    return path(route, guarded(view, name), name=name)


#: Pages that only one of the portals has: route, view, name.
_OWN: dict[Kind, list[tuple[str, View[...], str]]] = {
    Kind.UNIT: [
        ("month/", month.month, "month"),
        ("units/<slug:unit>/members/", month.unit_members, "unit-members"),
        ("units/<slug:unit>/months/", month.unit_months, "unit-months"),
        ("bills/<slug:number>/", month.bill, "bill"),
        ("bills/<slug:number>/notice.pdf", month.bill_pdf, "bill-pdf"),
        ("bills/<slug:number>/cancel/", month.bill_cancel, "bill-cancel"),
        ("units/<slug:unit>/ledger/", statements.unit_ledger_page, "unit-ledger"),
        ("units/<slug:unit>/ledger/issue/", statements.unit_ledger_issue, "unit-ledger-issue"),
        ("sheets/", sheets.sheets, "sheets"),
        ("sheets/new/<slug:unit>/<slug:kind>/", sheets.sheet_new, "sheet-new"),
        ("sheets/new/<slug:unit>/<slug:kind>/template.xlsx", sheets.sheet_template, "sheet-template"),
        ("sheets/<slug:number>/", sheets.sheet, "sheet"),
        ("sheets/<slug:number>/remarks.xlsx", sheets.sheet_remarks, "sheet-remarks"),
        ("sheets/<slug:number>/drop/", sheets.sheet_drop, "sheet-drop"),
    ],
    Kind.MEMBER: [
        ("statement/", statements.my_statement, "statement"),
        ("statement/issue/", statements.my_statement_issue, "statement-issue"),
        ("interest/", statements.my_interest, "interest"),
        ("interest/issue/", statements.my_interest_issue, "interest-issue"),
        ("certificates/<slug:number>/", statements.my_certificate, "certificate"),
    ],
}


def _portal(portal: Portal) -> list[URLPattern]:
    """The pages of a portal below its prefix; each view is told whose portal it is."""
    case = "cases/<slug:number>/"
    own = _OWN[portal.kind]
    pages: list[tuple[str, View[...], str]] = [
        ("", portal_home.home, "home"),
        ("messages/", portal_home.messages, "messages"),
        ("profile/", portal_home.profile, "profile"),
        ("items/", apply.items, "items"),
        ("items/<slug:code>/", apply.item, "item"),
        ("items/<slug:code>/start/", apply.start, "start"),
        ("cases/", follow.cases, "cases"),
        (case, follow.case, "case"),
        (f"{case}tasks/", drafts.task_list, "tasks"),
        (f"{case}questions/<slug:group>/", drafts.question, "question"),
        (f"{case}materials/", papers.materials, "materials"),
        (f"{case}materials/<slug:code>/", papers.add, "material-add"),
        (f"{case}materials/<int:material>/remove/", papers.remove, "material-remove"),
        (f"{case}files/<int:material>/", papers.file, "file"),
        (f"{case}check/", hand_in.check, "check"),
        (f"{case}done/", hand_in.done, "done"),
        (f"{case}receipt/", hand_in.receipt, "receipt"),
        (f"{case}withdraw/", follow.withdraw, "withdraw"),
        (f"{case}reopen/", follow.reopen, "reopen"),
        (f"{case}rate/", follow.rate, "rate"),
        *own,
    ]
    return [
        path(
            f"{portal.prefix}/{route}",
            guarded(view, f"{portal.prefix}-{name}"),
            {"portal": portal},
            f"{portal.prefix}-{name}",
        )
        for route, view, name in pages
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", account.code, name="sign-in-code"),
    path("sign-in/openid/", openid.openid_callback, name="openid-callback"),
    path("employer/sign-in/", account.SignIn.as_view(kind=Kind.UNIT), name="employer-sign-in"),
    path("employer/sign-in/openid/", openid.openid, {"kind": Kind.UNIT}, name="employer-openid"),
    path("employer/sign-up/", sign_up.employer_sign_up, name="employer-sign-up"),
    path("member/sign-in/", account.SignIn.as_view(kind=Kind.MEMBER), name="member-sign-in"),
    path("member/sign-in/openid/", openid.openid, {"kind": Kind.MEMBER}, name="member-openid"),
    path("member/sign-up/", sign_up.member_sign_up, name="member-sign-up"),
    path("verify/", verify.verify_certificate, name="verify"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    _page("sign-out/", account.sign_out, "sign-out"),
    _page("second-factor/", account.second_factor, "second-factor"),
    _page("password/", account.password, "password"),
    _page("sessions/", sessions.sessions, "sessions"),
    _page("held/", account.held, "held"),
    _page("organisation/", organisation.organisation, "organisation"),
    _page("people/", people.people, "people"),
    _page("people/new/", people.staff_open, "staff-open"),
    _page("people/<int:pk>/", people.staff_account, "staff-account"),
    _page("people/<int:pk>/close/", people.staff_close, "staff-close"),
    _page("people/<int:pk>/reopen/", people.staff_reopen, "staff-reopen"),
    _page("people/<int:pk>/password/", people.staff_password, "staff-password"),
    _page("people/<int:pk>/post/", people.staff_post, "staff-post"),
    _page("people/<int:pk>/second-factor/", people.staff_second_factor, "staff-second-factor"),
    _page("audit-log/", audit_log.audit_log, "audit-log"),
    _page("audit-log.csv", audit_log.audit_log_csv, "audit-log-csv"),
    _page("", home.home, "home"),
    _page("trial-balance/", books.trial_balance, "trial-balance"),
    _page("trial-balance.csv", books.trial_balance_csv, "trial-balance-csv"),
    _page("subjects/<slug:code>/", books.subject, "subject"),
    _page("journals/<int:journal_id>/", books.journal, "journal"),
    _page("annex-2/", annex.annex_2, "annex-2"),
    _page("members/", members.members, "members"),
    _page("members/<slug:number>/", members.member, "member"),
    _page("members/<slug:number>/activation/", sign_up.activation, "member-activation"),
    _page("members/<slug:number>/changes/", members.member_changes, "member-changes"),
    _page("members/<slug:number>/statement/", staff_statements.statement, "statement"),
    _page("members/<slug:number>/statement/issue/", staff_statements.statement_issue, "statement-issue"),
    _page("members/<slug:number>/interest/", staff_statements.interest, "interest"),
    _page("members/<slug:number>/interest/issue/", staff_statements.interest_issue, "interest-issue"),
    _page("units/", units.units, "units"),
    _page("units/<slug:number>/", units.unit, "unit"),
    _page("units/<slug:number>/people/", units.unit_people, "unit-people"),
    _page("units/<slug:number>/changes/", units.unit_changes, "unit-changes"),
    _page("units/<slug:number>/agents/<int:agent>/", units.unit_powers, "unit-powers"),
    _page("units/<slug:number>/ledger/", staff_statements.ledger, "unit-ledger"),
    _page("units/<slug:number>/ledger/issue/", staff_statements.ledger_issue, "unit-ledger-issue"),
    _page("units/<slug:number>/month/", unit_month.unit_month, "unit-month"),
    _page("bills/<slug:number>/", unit_month.bill, "bill"),
    _page("bills/<slug:number>/notice.pdf", unit_month.bill_pdf, "bill-pdf"),
    _page("certificates/", certificates.certificates, "certificates"),
    _page("certificates/<slug:number>/", certificates.certificate, "certificate"),
    _page("certificates/<slug:number>/revoke/", certificates.certificate_revoke, "certificate-revoke"),
    _page("receipts/", money.receipts, "receipts"),
    _page("debits/", debits.debits, "debits"),
    _page("debits/<slug:number>/list.csv", debits.debit_list, "debit-list"),
    _page("arrears/", arrears.arrears, "arrears"),
    _page("arrears.csv", arrears.arrears_csv, "arrears-csv"),
    _page("suspense/", money.suspense, "suspense"),
    _page("letters/", letters.letters, "letters"),
    _page("letters/<slug:number>/", letters.letter, "letter"),
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
    *_portal(EMPLOYER),
    *_portal(MEMBER),
    path("api/v1/", include("anju.api.urls")),
]
