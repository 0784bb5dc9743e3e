"""What the tests of the workbench share: its pages and who opens them, cases to work on, the counter's form."""

import re
import uuid
from datetime import UTC, date, datetime
from html import unescape

from django.test import Client
from django.urls import reverse

from anju.cases import operations
from anju.cases.actors import Actor
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.states import Verb
from anju.cases.transition import transition
from anju.contributions.sheets.operations import upload
from anju.platform.models import Office, Role
from anju.platform.people.models import Kind
from portal_walk import a_unit
from sign_ins import outsider, staff

AT = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>&\"'"
IDENTITY, PHONE = "430602199001011235", "13812345678"
ADMINS = {"system_admin", "security_admin"}
CASES = {*Role.values} - ADMINS
COUNTER = {"teller", "service"}
#: URL name → who opens it; written out here so that a change of the rules shows.
OPENS = {
    "desk": CASES, "desk-search": CASES, "desk-case": CASES, "desk-move": CASES, "desk-claim": CASES,
    "desk-reveal": CASES, "desk-receipt": CASES, "desk-file": CASES, "desk-new": COUNTER, "desk-start": COUNTER,
    "desk-drafts": COUNTER, "desk-form": COUNTER, "catalogue": {*Role.values}, "catalogue-item": {*Role.values},
    "messages": {*Role.values},
    "desk-sheets": {"teller"}, "desk-sheet-new": {"teller"}, "desk-sheet-template": {"teller"}, "desk-sheet": {"teller"},
    "desk-sheet-remarks": {"teller"}, "desk-sheet-drop": {"teller"}, "desk-sheet-use": {"teller"},
}  # fmt: skip


def unique(role):
    return f"{role or 'none'}-{uuid.uuid4().hex[:12]}"


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


def text_of(response):
    return unescape(response.content.decode())


def accepted(*, title="买印章", office=None, name="王小明"):
    """A case that a member handed in through the portal."""
    member = Actor.of(outsider(unique("m"), Kind.MEMBER, name=name))
    case = operations.open_draft(
        item="T01", channel=Channel.MEMBER, applicant_kind=ApplicantKind.MEMBER, reference="", actor=member, at=AT,
        business_date=date(2026, 5, 11), applicant_person=member.person,
    )  # fmt: skip
    operations.save_draft(number=case.number, typed={"title": [title], "amount": ["12"]}, actor=member, at=AT)
    case = operations.submit(
        number=case.number, expected_version=0, actor=member, at=AT, business_date=date(2026, 5, 11)
    )
    if office is not None:
        mover = Actor.of(staff(unique("teller"), "teller"))
        case = moved(case, Verb.TRANSFER, mover, office=office.pk, reason="属地办理")
    return case


def moved(case, verb, by, *, day=date(2026, 5, 11), **facts):
    actor = by if isinstance(by, Actor) else Actor.of(by)
    return transition(
        number=case.number, verb=verb, expected_version=case.version, actor=actor, at=AT,
        business_date=day, **facts,
    )  # fmt: skip


def office(name):
    return Office.objects.create(code=uuid.uuid4().hex[:12], name=f"{name}{uuid.uuid4().hex[:6]}", place=1)


def started(browser, **facts):
    """A draft of T01 opened at the counter; its number."""
    page = text_of(browser.get("/desk/new/T01/"))
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    typed = {"key": key, "channel": "counter", "kind": "member", "name": "赵大", "identity": IDENTITY, "phone": PHONE}
    response = browser.post("/desk/new/T01/", {**typed, **facts})
    assert response.status_code == 302, text_of(response)
    return response["Location"].split("/")[3]


def typed_on(browser, number, verb="save", **facts):
    """Send the counter's form as its page stands, with these answers."""
    page = text_of(browser.get(f"/desk/cases/{number}/form/"))
    own = {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("case-stamp", "case-version")}
    answers = {"title": "买印章", "amount": "12"}
    return browser.post(f"/desk/cases/{number}/form/", {**own, **answers, "case-verb": verb, **facts})


def addresses(case, material=1):
    number = case.number
    return {
        "desk": reverse("desk"),
        "desk-search": reverse("desk-search"),
        "desk-drafts": reverse("desk-drafts"),
        "desk-new": reverse("desk-new"),
        "desk-start": reverse("desk-start", args=["T01"]),
        "desk-case": reverse("desk-case", args=[number]),
        "desk-form": reverse("desk-form", args=[number]),
        "desk-claim": reverse("desk-claim", args=[number]),
        "desk-reveal": reverse("desk-reveal", args=[number]),
        "desk-receipt": reverse("desk-receipt", args=[number]),
        "desk-file": reverse("desk-file", args=[number, material]),
        "desk-move": reverse("desk-move", args=[number, "forward"]),
        "catalogue": reverse("catalogue"),
        "catalogue-item": reverse("catalogue-item", args=["T01"]),
        "messages": reverse("messages"),
        **list_pages(),
    }


def list_pages():
    """Pages of a unit's list at the counter."""
    unit = a_unit()
    sheet = upload(
        unit_number=unit.number, kind="bases", month=None, content="姓名,证件号码,上年月平均工资\n王小明,1,5000\n".encode(),
        actor="tests", at=AT, business_date=date(2026, 5, 11),
    )  # fmt: skip
    own = ("desk-sheet", "desk-sheet-remarks", "desk-sheet-drop", "desk-sheet-use")
    return {
        "desk-sheets": reverse("desk-sheets", args=[unit.number]),
        **{name: reverse(name, args=[unit.number, "bases"]) for name in ("desk-sheet-new", "desk-sheet-template")},
        **{name: reverse(name, args=[sheet.number]) for name in own},
    }


#: What a page answers to whoever may open it: most 200, the form leads back when it cannot be typed on.
ANSWERS = {
    "desk-form": 302, "desk-claim": 405, "desk-file": 404, "desk-sheet-drop": 405, "desk-sheet-use": 405,
    "desk-sheet-template": 200, "desk-sheet-remarks": 200,
}  # fmt: skip
