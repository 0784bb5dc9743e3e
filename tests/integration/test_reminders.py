"""A reminder of what the radar found: once, to those who act for the unit, before their eyes until it is put right."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from anju.contributions import reminders
from anju.contributions.arrears import sweep
from anju.contributions.models_arrears import ArrearsReminder, RadarHit
from anju.contributions.reminders import Reminded, Scope, remind
from anju.kernel.periods import Month
from anju.platform.models import AuditEntry
from anju.platform.people.models import Office, User
from anju.registry.models import Unit
from contribution_walk import a_bank, a_paying_unit, remit
from item_walk import serial
from portal_walk import Walk, a_unit, clerk
from sign_ins import staff
from threads import in_threads

ON, AT = date(2026, 5, 11), datetime(2026, 5, 11, 2, 0, tzinfo=UTC)


def missing(unit: Unit, *months: int, amount: int = 128_000) -> None:
    for month in months:
        RadarHit.objects.create(
            unit=unit, kind="missing", month=month, members=2, amount=amount, first_seen=ON, last_seen=ON
        )


def press(unit: Unit, by: str = "甲") -> Reminded:
    return remind(scope=Scope(unit=unit.number), business_date=ON, actor=by, at=AT)


def at_an_office(unit: Unit, office: Office) -> Unit:
    unit.office = office.name
    unit.save(update_fields=["office"])
    return unit


def an_office() -> Office:
    return Office.objects.create(code=serial(), name=f"管理部{serial()}", place=97)


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.usefixtures("center")
def test_two_who_press_at_once_send_once():
    unit = a_unit()
    clerk(unit)
    missing(unit, *range(202501, 202513))
    done = in_threads(lambda index: press(unit, f"柜员{index}"), 2)
    assert sorted(each.faults for each in done) == [0, 12]
    assert [each.left for each in done] == [0, 0]
    assert ArrearsReminder.objects.filter(hit__unit=unit).count() == 12


@pytest.mark.django_db
def test_a_unit_for_which_nobody_signs_in_is_not_said_to_be_reminded():
    nobody, left = a_unit(), a_unit()
    missing(nobody, 202603)
    missing(left, 202603)
    gone = clerk(left)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    assert [press(unit) for unit in (nobody, left)] == [Reminded(0, 0, 0)] * 2
    assert not ArrearsReminder.objects.filter(hit__unit__in=[nobody, left]).exists()
    page = signed_in(staff(f"t{serial()}", "teller")).get(reverse("arrears-unit", args=[nobody.number]))
    assert "无经办人，请电话联系" in page.content.decode()
    assert reverse("arrears-remind") not in page.content.decode()


@pytest.mark.usefixtures("business_days")
def test_the_clerk_sees_it_at_home_and_in_the_month_until_the_month_is_paid():
    unit, _members = a_paying_unit(500_000, 300_000, first=Month(2026, 3))
    visit = Walk(clerk(unit))
    sweep(on=ON)
    assert "催缴提醒" not in visit.get("")
    assert press(unit) == Reminded(faults=2, units=1, left=0)
    for path in ("", "month/"):
        assert "未汇缴：2026-03、2026-04，合计 2,560.00 元" in visit.get(path)
    assert "催缴提醒" not in Walk(clerk(a_unit())).get("")
    remit(unit, 1, ON, a_bank(date(2026, 1, 1)))  # no sweep since
    assert "未汇缴：2026-04，合计 1,280.00 元" in visit.get("month/")
    assert "2026-03、" not in visit.get("")
    RadarHit.objects.filter(unit=unit).update(resolved=ON)
    assert "催缴提醒" not in visit.get("")
    assert AuditEntry.objects.filter(action="arrears.remind", object_reference=unit.number).count() == 1


@pytest.mark.usefixtures("business_days")
def test_the_history_tells_when_a_fault_opened_who_told_the_unit_and_when_it_was_gone():
    unit, _members = a_paying_unit(500_000, first=Month(2026, 4))
    clerk(unit)
    teller = signed_in(staff(f"t{serial()}", "teller"))
    address = reverse("arrears-unit", args=[unit.number])
    sweep(on=ON)
    assert "未消除" in teller.get(address).content.decode()
    teller.post(f"{reverse('arrears-remind')}?unit={unit.number}")
    reminder = ArrearsReminder.objects.get(hit__unit=unit)
    assert (reminder.amount, reminder.agents) == (80_000, 1)
    assert reminder.sent_by in teller.get(address).content.decode()
    assert f"arrears/remind/?unit={unit.number}" not in teller.get(address).content.decode()  # all was told
    remit(unit, 1, date(2026, 5, 12), a_bank(date(2026, 1, 1)))
    sweep(on=date(2026, 5, 13))
    page = teller.get(address).content.decode()
    assert "未消除" not in page
    assert "2026-05-11" in page
    assert "2026-05-13" in page
    assert "法定期限" in page


@pytest.mark.django_db
def test_one_press_is_bounded_and_says_what_is_left(monkeypatch):
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    unit = a_unit()
    clerk(unit)
    missing(unit, 202601, 202602, 202603)
    assert [press(unit) for _each in range(3)] == [Reminded(2, 1, 1), Reminded(1, 1, 0), Reminded(0, 0, 0)]


@pytest.mark.django_db
def test_the_list_adds_up_a_units_months_and_says_what_was_told():
    office = an_office()
    unit = at_an_office(a_unit(), office)
    clerk(unit)
    missing(unit, 202601, 202602)
    press(unit)
    missing(unit, 202603, amount=100)
    teller = signed_in(staff(f"t{serial()}", "teller", office=office))
    page = teller.get(reverse("arrears")).content.decode()
    assert "2026-01 至 2026-03（3 个月）" in page
    assert "2,561.00" in page
    assert "2026-05-11 已提醒" in page
    assert f"{reverse('arrears-remind')}?unit={unit.number}" in page  # the third month was not told
    assert teller.get(reverse("arrears-csv")).content.decode().count(unit.number) == 3


@pytest.mark.django_db
def test_staff_of_an_office_see_and_remind_that_office_only():
    here, there = an_office(), an_office()
    mine, other = at_an_office(a_unit(), here), at_an_office(a_unit(), there)
    for unit in (mine, other):
        clerk(unit)
        missing(unit, 202603)
    teller = signed_in(staff(f"t{serial()}", "teller", office=here))
    for name in ("arrears", "arrears-csv"):
        page = teller.get(reverse(name)).content.decode()
        assert mine.number in page
        assert other.number not in page
    for refused in (
        f"{reverse('arrears')}?office={there.name}", reverse("arrears-unit", args=[other.number]),
        f"{reverse('arrears-remind')}?unit={other.number}",
    ):  # fmt: skip
        assert teller.get(refused).status_code == 404
    assert teller.post(f"{reverse('arrears-remind')}?unit={other.number}").status_code == 404
    assert teller.get(f"{reverse('arrears')}?unit=%00").status_code == 404
    assert "没有此单位" in teller.post(reverse("suspense-pay"), {"unit": "\x00"}, follow=True).content.decode()
    assert "向 1 个单位的经办人发送 1 项提醒" in teller.get(reverse("arrears-remind")).content.decode()
    assert "已提醒 1 个单位" in teller.post(reverse("arrears-remind"), follow=True).content.decode()
    reminded = ArrearsReminder.objects.filter(hit__unit__in=[mine, other]).values_list("hit__unit__number", flat=True)
    assert list(reminded) == [mine.number]
    assert signed_in(staff(f"d{serial()}", "director")).post(reverse("arrears-remind")).status_code == 403
