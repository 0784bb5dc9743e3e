"""Lists at the counter: a teller takes a unit's spreadsheet from the unit's page to the case, in their own office's scope."""

import re
import uuid
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from anju.cases.models import Case
from anju.contributions.models_sheets import Sheet
from anju.kernel.periods import Month
from anju.platform.models import AuditEntry, Office
from anju.registry.models import Member, MemberState, Unit
from anju.registry.operations import NewMember, open_member_accounts
from item_walk import DAY, identity_number, phone, serial
from portal_walk import a_unit
from sign_ins import staff

pytestmark = pytest.mark.usefixtures("db", "business_days")
PAGES = ("desk-sheet", "desk-sheet-remarks", "desk-sheet-drop", "desk-sheet-use")


def a_member(unit: Unit) -> Member:
    number = f"6{serial()}"
    member = NewMember(
        number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit.number,
        base=500_000, opened=DAY, first_month=Month(2026, 5),
    )  # fmt: skip
    open_member_accounts(members=[member])
    return Member.objects.get(number=number)


def teller(office: Office | None = None) -> Client:
    browser = Client()
    browser.force_login(staff(uuid.uuid4().hex, "teller", name="张柜员", office=office))
    return browser


def text_of(response) -> str:
    return unescape(response.content.decode())


def sent(browser: Client, unit: Unit, *rows: str) -> tuple[str, Sheet]:
    content = "\n".join(["姓名,证件号码,止缴年月,封存原因", *rows]).encode()
    address = reverse("desk-sheet-new", args=[unit.number, "sealing"])
    page = text_of(browser.post(address, {"file": SimpleUploadedFile("封存.csv", content)}, follow=True))
    return page, Sheet.objects.filter(unit=unit).order_by("-pk")[0]


def test_from_the_units_page_to_the_case_with_the_number_filled_in():
    unit, browser = a_unit(), teller()
    member, month = a_member(unit), f"{max(timezone.localdate(), DAY):%Y-%m}"
    href = reverse("desk-sheets", args=[unit.number])
    assert href in text_of(browser.get(reverse("unit", args=[unit.number])))
    page = text_of(browser.get(href))
    assert reverse("desk-sheet-new", args=[unit.number, "sealing"]) in page
    assert "/employer/" not in page
    page, wrong = sent(browser, unit, f"王大明,{member.identity},{month},退休")
    assert "与登记的姓名不符" in page
    assert member.identity not in page
    remarks = browser.get(reverse("desk-sheet-remarks", args=[wrong.number]))
    assert remarks.status_code == 200
    assert AuditEntry.objects.filter(action="sheet.remarks", object_reference=wrong.number).count() == 1
    browser.post(reverse("desk-sheet-use", args=[wrong.number]))
    assert not Case.objects.filter(applicant_reference=unit.number).exists()
    page, sheet = sent(browser, unit, f"王小明,{member.identity},{month},退休")
    assert "去办理：个人账户封存" in page
    use = reverse("desk-sheet-use", args=[sheet.number])
    first, again = browser.post(use), browser.post(use)
    assert first["Location"] == again["Location"]
    form = text_of(browser.get(first["Location"]))
    assert re.search(rf'name="sheet"[^>]*value="{sheet.number}"', form)
    number = first["Location"].split("/")[3]
    stamp = re.search(r'name="case-stamp" value="(\d+)"', form)[1]
    version = re.search(r'name="case-version" value="(\d+)"', form)[1]
    answers = {"case-stamp": stamp, "case-version": version, "case-verb": "submit", "sheet": sheet.number}
    assert "受理" in text_of(browser.post(first["Location"], answers, follow=True))
    assert Case.objects.get(number=number).state == "completed"
    member.refresh_from_db()
    assert member.state == MemberState.SEALED
    browser.post(reverse("desk-sheet-drop", args=[sheet.number]))
    sheet.refresh_from_db()
    assert sheet.state == "used"


def test_another_offices_unit_and_its_lists_are_not_there():
    here, there = (
        Office.objects.create(code=uuid.uuid4().hex[:12], name=uuid.uuid4().hex[:12], place=1) for _each in range(2)
    )
    unit = a_unit()
    Unit.objects.filter(pk=unit.pk).update(office=there.name)
    near, far = teller(there), teller(here)
    page, sheet = sent(near, unit, "王小明,430602199001011235,2026-05,退休")
    assert "不是本单位职工" in page
    assert reverse("desk-sheets", args=[unit.number]) not in text_of(far.get(reverse("unit", args=[unit.number])))
    addresses = [
        reverse("desk-sheets", args=[unit.number]),
        *(reverse(name, args=[unit.number, "sealing"]) for name in ("desk-sheet-new", "desk-sheet-template")),
        *(reverse(name, args=[sheet.number]) for name in PAGES),
    ]
    for address in addresses:
        assert {far.get(address).status_code, far.post(address).status_code} <= {404, 405}, address
    sheet.refresh_from_db()
    assert sheet.state == "bad"
