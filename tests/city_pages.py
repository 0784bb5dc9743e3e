"""Who may open which page of the synthetic city, where each page is, and how its tests read it."""

import re
from datetime import UTC, date, datetime
from html import unescape

from django.test import Client
from django.urls import reverse

from anju.platform.runs.declarations import Job, register

YEAR, SCALE, SEED = 2024, 1000, 2024
ROLES = ("director", "accountant", "teller", "auditor", "system_admin", "security_admin")
PORTALS = ("unit", "member")
ANYBODY = {*ROLES, *PORTALS, "nobody"}
BOOKS, PERSONS = {"director", "accountant", "auditor"}, {"teller", "auditor"}
CASES = set(ROLES) - {"system_admin", "security_admin"}
OPERATORS = {"director", "accountant"}
ADMINISTRATORS = {"system_admin", "security_admin"}
#: URL name → who opens it; written out here so that a change of the rules shows.
OPENS = {
    "home": set(ROLES), "style": set(ROLES), "style-page": set(ROLES), "trial-balance": BOOKS, "trial-balance-csv": BOOKS, "subject": BOOKS,
    "journal": BOOKS, "annex-2": BOOKS, "members": PERSONS, "member": PERSONS, "member-changes": PERSONS,
    "units": CASES, "unit": CASES,
    "unit-people": PERSONS, "unit-changes": PERSONS, "unit-powers": {"teller"}, "unit-agent": {"teller"}, "runs": set(ROLES), "run": set(ROLES),
    "run-problems-csv": set(ROLES), "run-cancel": OPERATORS, "run-retry": OPERATORS,
    "sign-out": ANYBODY, "sessions": ANYBODY, "password": ANYBODY,
    "held": ANYBODY, "second-factor": {*ROLES, "nobody"}, "organisation": set(ROLES), "people": ADMINISTRATORS,
    "staff-account": ADMINISTRATORS, "staff-open": {"system_admin"}, "staff-close": {"system_admin"},
    "staff-reopen": {"system_admin"}, "staff-password": {"system_admin"}, "staff-post": {"security_admin"},
    "staff-second-factor": {"security_admin"}, "audit-log": {"auditor"}, "audit-log-csv": {"auditor"},
    "statement": PERSONS, "statement-issue": {"teller"}, "interest": PERSONS, "interest-issue": {"teller"},
    "certificates": PERSONS | {"reviewer"}, "certificate": PERSONS | {"reviewer"}, "certificate-revoke": {"reviewer"}, "certificate-pdf": {"teller"},
    "unit-ledger": CASES, "unit-ledger-issue": {"teller"},
    "member-activation": {"teller"}, "receipts": {"accountant"}, "receipt": CASES,
    "receipt-look": {"teller", "reviewer", "accountant", "office_head"}, "suspense-begin": {"teller", "service"},
    "suspense-pay": {"teller", "accountant"}, "bank-refusals": BOOKS, "bank-refusal": {"accountant"},
    "unit-moves": PERSONS, "freezes": {*PERSONS, "reviewer"}, "debits": {"accountant"}, "debit-list": {"accountant"}, "suspense": CASES, "arrears": CASES, "arrears-csv": CASES, "arrears-unit": CASES, "arrears-remind": {"teller"}, "letters": CASES, "letter": CASES, "unit-month": CASES, "bill": CASES, "bill-pdf": CASES, "bill-cancel": {"teller"},
}  # fmt: skip
RUN_AT = datetime(2024, 5, 6, tzinfo=UTC)
register(Job(name="test-web", title="测试", keys="SELECT 1::bigint", work=lambda _cursor, _run, _low, _high: {}))
PUBLIC = {
    "sign-in", "sign-in-code", "employer-sign-in", "member-sign-in", "employer-sign-up", "member-sign-up",
    "verify", "employer-openid", "member-openid", "openid-callback", "health-live", "health-ready", "metrics",
}  # fmt: skip
#: Pages that answer an opener with something else than a page.
NO_PAGE = {
    "sign-out": 405, "debit-list": 405, "held": 302, "receipt-look": 405, "suspense-begin": 405, "suspense-pay": 405,
    "bill-cancel": 405, "statement-issue": 405, "interest-issue": 405, "unit-ledger-issue": 405,
}  # fmt: skip
#: Styles and scripts inside a page; the workbench's own module is a file beside it.
INLINE = re.compile(
    r"""\sstyle=|<style|<script(?! type="module" src="/static/anju/keys\.js"></script>)|\son[a-z]+=|javascript:"""
)
#: Whose matrix stands in desk_walk.
DESK = {
    "desk", "desk-search", "desk-case", "desk-move", "desk-claim", "desk-reveal", "desk-receipt", "desk-file", "desk-new",
    "desk-start", "desk-drafts", "desk-form", "catalogue", "catalogue-item", "messages", "desk-sheets", "desk-sheet-new",
    "desk-sheet-template", "desk-sheet", "desk-sheet-remarks", "desk-sheet-drop", "desk-sheet-use",
}  # fmt: skip


def signed_in(role: str) -> Client:
    from anju.platform.models import User

    browser = Client()
    browser.force_login(User.objects.get(username=role))
    return browser


def words_of(response) -> str:
    """The text of a page; nothing for a download that is no text."""
    return response.content.decode() if response["Content-Type"].startswith("text/") else ""


def text_of(response) -> str:
    return unescape(response.content.decode())


def a_letter() -> str:
    """A letter to another center, made once."""
    from anju.contributions.letters.operations import apply_in
    from anju.contributions.models_letters import Letter
    from anju.registry.models import Member

    made = Letter.objects.first() or apply_in(
        member=Member.objects.filter(state="01").order_by("number")[0], partner="999900000000000", partner_name="示例外市中心",
        partner_account="P1", business_date=date(2024, 12, 31), at=RUN_AT, case="",
    )  # fmt: skip
    return made.number


def a_certificate(number: str) -> str:
    """A paper of this member, issued once."""
    from anju.contributions.certificates import Content, issue
    from anju.contributions.models_certificates import Certificate, CertificateKind
    from anju.registry.models import Member

    facts = [("期末余额（元）", "1.00")]
    said = Content(title="明细", facts=facts, public=facts, columns=(), rows=(), figures=(), notes=[])
    made = Certificate.objects.first() or issue(
        kind=CertificateKind.STATEMENT, content=said, of=Member.objects.get(number=number),
        business_date=date(2024, 12, 31), actor="甲", at=RUN_AT,
    )  # fmt: skip
    return made.number


def month_pages() -> dict[str, str]:
    """A unit's month, and the notice of one that the city lived."""
    from anju.contributions.models import Bill

    bill = Bill.objects.select_related("unit").order_by("id")[0]
    return {
        "unit-month": reverse("unit-month", args=[bill.unit.number]),
        "bill": reverse("bill", args=[bill.number]),
        "bill-pdf": reverse("bill-pdf", args=[bill.number]),
        "bill-cancel": reverse("bill-cancel", args=[bill.number]),
    }


def receipt_pages() -> dict[str, str]:
    """A receipt that the city lived, a notice that was refused, and what is done from the queue of 219."""
    from anju.contributions.models import Receipt
    from anju.treasury.models import BankRefusal

    refused, _made = BankRefusal.objects.get_or_create(
        number=1, defaults={"account": "B", "serial": "1", "amount": 1, "arrived_date": date(2024, 1, 2), "code": "X"}
    )
    pk = Receipt.objects.order_by("id")[0].pk
    return {
        "receipt": reverse("receipt", args=[pk]), "receipt-look": reverse("receipt-look", args=[pk]),
        "suspense-begin": reverse("suspense-begin"), "suspense-pay": reverse("suspense-pay"),
        "bank-refusals": reverse("bank-refusals"), "bank-refusal": reverse("bank-refusal", args=[refused.number]),
    }  # fmt: skip


def addresses(number: str) -> dict[str, str]:
    from anju.ledger.models import Journal
    from anju.platform.models import User
    from anju.platform.runs.operations import open_run
    from anju.registry.models import Member, Unit, UnitAgent

    nobody = User.objects.get(username="nobody").pk
    unit = Member.objects.get(number=number).unit.number
    agent, _made = UnitAgent.objects.get_or_create(
        user=User.objects.get(username="unit"), unit=Unit.objects.get(number=unit), defaults={"since": date(2024, 1, 1)}
    )
    staff_pages = (
        "staff-account",
        "staff-close",
        "staff-reopen",
        "staff-password",
        "staff-post",
        "staff-second-factor",
    )
    alone = (
        "sign-out", "sessions", "password", "held", "second-factor", "organisation",
        "people", "staff-open", "audit-log", "audit-log-csv",
    )  # fmt: skip
    run = open_run(job="test-web", key="web", params={}, business_date=date(2024, 5, 6), maker="甲", at=RUN_AT).run.pk
    return {
        **month_pages(),
        "letters": reverse("letters"),
        "certificates": reverse("certificates"),
        **{
            name: reverse(name, args=[a_certificate(number)])
            for name in ("certificate", "certificate-pdf", "certificate-revoke")
        },
        "receipts": reverse("receipts"),
        **receipt_pages(),
        "freezes": reverse("freezes"),
        "suspense": reverse("suspense"),
        "arrears": reverse("arrears"),
        "arrears-csv": reverse("arrears-csv"),
        "arrears-remind": reverse("arrears-remind"),
        "debits": reverse("debits"),
        "debit-list": reverse("debit-list", args=["D000000000000"]),
        "letter": reverse("letter", args=[a_letter()]),
        "runs": reverse("runs"),
        "run": reverse("run", args=[run]),
        "run-problems-csv": reverse("run-problems-csv", args=[run]),
        "run-cancel": reverse("run-cancel", args=[run]),
        "run-retry": reverse("run-retry", args=[run]),
        "home": reverse("home"),
        "style": reverse("style"),
        "style-page": reverse("style-page", args=["queue"]),
        "trial-balance": reverse("trial-balance"),
        "trial-balance-csv": reverse("trial-balance-csv"),
        "subject": reverse("subject", args=["201"]),
        "journal": reverse("journal", args=[Journal.objects.filter(kind="remittance").first().pk]),
        "annex-2": reverse("annex-2"),
        "members": reverse("members"),
        **{
            name: reverse(name, args=[number])
            for name in ("member", "statement", "statement-issue", "interest", "interest-issue")
        },
        "member-activation": reverse("member-activation", args=[number]),
        "member-changes": reverse("member-changes", args=[number]),
        "units": reverse("units"),
        **{
            name: reverse(name, args=[unit])
            for name in (
                "unit",
                "unit-people",
                "unit-moves",
                "unit-changes",
                "unit-agent",
                "arrears-unit",
                "unit-ledger",
                "unit-ledger-issue",
            )
        },
        "unit-powers": reverse("unit-powers", args=[unit, agent.pk]),
        **{name: reverse(name, args=[nobody]) for name in staff_pages},
        **{name: reverse(name) for name in alone},
    }
