"""Statements equal the ledger; certificates are verified by number and code, and tell nobody else anything."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from anju.contributions.bills import issue_remittance
from anju.contributions.certificates import CertificateError, content_of, revoke, verify
from anju.contributions.models import Bill
from anju.contributions.models_certificates import Certificate
from anju.contributions.queries import continuous_months, latest_month_paid
from anju.contributions.receipts import Notice, receive
from anju.contributions.statements import member_statement
from anju.contributions.unit_ledgers import unit_ledger
from anju.kernel.periods import Month
from anju.ledger.operations import NewAccount, open_accounts
from anju.ledger.queries import account_balance
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.platform.sealed_fields import Sealed
from anju.registry.models import Member, MemberSignIn, Unit
from anju.registry.operations import NewMember, open_member_accounts
from item_walk import AT, DAY, identity_number, in_clear, phone, serial
from portal_walk import Walk, a_sign_in, a_unit, clerk, member_user
from sign_ins import staff
from uploads import pdf_text

pytestmark = [pytest.mark.usefixtures("business_days")]


def a_payer() -> tuple[Unit, Member]:
    """A unit that has paid two months for one member, on DAY."""
    unit, number = a_unit(f"明细单位{serial()}"), f"6{serial()}"
    open_member_accounts(
        members=[
            NewMember(
                number=number, name="王小明", identity_number=identity_number(), phone=phone(), unit_number=unit.number,
                base=500_000, opened=DAY, first_month=Month(2026, 5),
            )
        ]
    )  # fmt: skip
    (bank,) = open_accounts(
        accounts=[NewAccount(f"B{serial()}", "10101", DAY)], hot=True, overdraft_allowed=True
    ).values()
    bill = issue_remittance(unit_number=unit.number, months=2, business_date=DAY, maker="tests")
    receive(
        notice=Notice(bank_account=bank, serial=serial(), arrived=DAY, payer_name=unit.name, amount=bill.amount + 7,
                      remark=bill.number),
        business_date=DAY, maker="bank",
    )  # fmt: skip
    return Unit.objects.get(pk=unit.pk), Member.objects.get(number=number)


def test_statements_say_what_the_ledger_has_and_for_which_months():
    unit, member = a_payer()
    shown = member_statement(member=member, start=DAY, end=DAY)
    assert [(line.kind, line.months, line.amount) for line in shown.lines] == [
        ("remittance", "2026-05 – 2026-06", 160_000)
    ]
    assert shown.closing == account_balance(account=member.account_id) == 160_000
    ledger = unit_ledger(unit=unit, start=DAY, end=DAY)
    assert (ledger.amount, ledger.suspense, ledger.lines[0].number) == (160_000, 7, Bill.objects.get(unit=unit).number)
    assert (str(latest_month_paid(member)), continuous_months(member)) == ("2026-06", 2)
    assert member_statement(member=member, start=DAY + timedelta(1), end=DAY + timedelta(9)).opening == 160_000


def a_holder() -> tuple[Walk, Member]:
    _unit, member = a_payer()
    user = a_sign_in(Kind.MEMBER)
    MemberSignIn.objects.create(user=user, member=member)
    return Walk(user), member


def certified(walk: Walk) -> Certificate:
    """Z01 through the portal."""
    case = walk.start("Z01")
    walk.send(f"cases/{case.number}/questions/use/", verb="continue", purpose="loan")
    done = walk.send(f"cases/{case.number}/check/")
    assert "下载证明" in done
    return Certificate.objects.get(case_number=case.number)


def test_z01_is_issued_at_once_printed_the_same_each_time_and_verified_by_anybody():
    walk, member = a_holder()
    certificate = certified(walk)
    address = f"/member/certificates/{certificate.number}/"
    first, again = walk.client.get(address), walk.client.get(address)
    assert first.content == again.content
    words = pdf_text(first.content)
    assert certificate.number in words
    assert "1,600.00" in words
    assert member.identity not in words
    code = content_of(certificate).code
    page = Client().post("/verify/", {"number": certificate.number.lower(), "code": f"{code[:4]}-{code[4:]}".lower()})
    told = page.content.decode()
    assert "现在有效" in told
    assert "1,600.00" in told
    assert member.name not in told
    assert in_clear(code) == []


@pytest.mark.parametrize("what", ["code", "number", "expired", "revoked, wrong code"])
def test_whatever_is_wrong_the_answer_is_the_same(what):
    walk, _member = a_holder()
    certificate = certified(walk)
    number, code, on = certificate.number, content_of(certificate).code, timezone.localdate()
    if what == "revoked, wrong code":
        revoke(number=number, reason="遗失", business_date=on, actor="tests", at=AT)
    if "code" in what:
        code = ("2" if code[0] != "2" else "3") + code[1:]
    if what == "number":
        number = "Z9999999999"
    if what == "expired":
        on += timedelta(days=91)
    with pytest.raises(CertificateError) as refused:
        verify(number=number, code=code, on=on, address="", at=AT)
    assert refused.value.message == "没有与该编号和验证码相符的有效证明，请核对后重新输入"


def test_a_certificate_is_declared_void_once_for_a_reason_and_its_holder_is_told():
    walk, _member = a_holder()
    certificate, on = certified(walk), timezone.localdate()
    facts = {"number": certificate.number, "business_date": on, "actor": "tests", "at": AT}
    with pytest.raises(CertificateError, match="原因"):
        revoke(reason=" ", **facts)
    done = revoke(reason="姓名有误", **facts)
    assert (done.revoked_date, done.revoked_by, done.revoke_reason) == (on, "tests", "姓名有误")
    with pytest.raises(CertificateError, match="已于"):
        revoke(reason="再次", **facts)
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(revoked_date=None, revoked_by="", revoke_reason="")
    page = Client().post("/verify/", {"number": certificate.number, "code": content_of(certificate).code})
    told = page.content.decode()
    assert f"已于 {on} 作废" in told
    assert "1,600.00" not in told
    assert walk.client.get(f"/member/certificates/{certificate.number}/").status_code == 404
    listed = walk.get("statement/")
    assert f"{on} 作废" in listed
    assert f"certificates/{certificate.number}/" not in listed


def test_the_reviewer_finds_it_by_its_number_and_declares_it_void():
    walk, member = a_holder()
    certificate = certified(walk)
    teller, reviewer = Client(), Client()
    teller.force_login(staff(f"t{certificate.number}", "teller"))
    reviewer.force_login(staff(f"r{certificate.number}", "reviewer"))
    address = f"/certificates/{certificate.number}/"
    assert "没有此证明" in reviewer.get("/certificates/?number=Z1").content.decode()
    assert reviewer.get(f"/certificates/?number={certificate.number.lower()}")["Location"] == address
    page = teller.get(address).content.decode()
    assert "1,600.00" in page
    assert member.name not in page
    assert f"{address}revoke/" not in page
    assert teller.post(f"{address}revoke/", {"reason": "姓名有误"}).status_code == 403
    printed = teller.get(f"{address}paper.pdf").content
    assert printed == walk.client.get(f"/member/certificates/{certificate.number}/").content
    assert "请写明理由" in reviewer.post(f"{address}revoke/", {"reason": ""}).content.decode()
    assert f"{address}revoke/" in reviewer.get(address).content.decode()
    after = reviewer.post(f"{address}revoke/", {"reason": "姓名有误"}, follow=True).content.decode()
    assert "已作废" in after
    assert "姓名有误" in after
    assert f"r{certificate.number}" in after
    assert teller.get(f"{address}paper.pdf").status_code == 404
    assert "此证明已于" in reviewer.post(f"{address}revoke/", {"reason": "再次"}).content.decode()
    looks = AuditEntry.objects.filter(action="certificate.view", object_reference=certificate.number)
    assert looks.count() == 3
    assert looks[0].detail == {"of": member.number}


def test_guessing_is_stopped():
    cache.clear()
    browser, number = Client(), f"Z{serial()}0"
    pages = [browser.post("/verify/", {"number": number, "code": "2" * 16}).content.decode() for _each in range(12)]
    assert "尝试次数过多" not in pages[0]
    assert "尝试次数过多" in pages[-1]


def test_another_members_paper_and_another_units_ledger_are_not_there():
    walk, _member = a_holder()
    certificate = certified(walk)
    Walk(member_user()).get(f"certificates/{certificate.number}/", status=404)
    unit, _other = a_payer()
    Walk(clerk(a_unit())).get(f"units/{unit.number}/ledger/", status=404)


def test_pages_and_papers_of_a_unit_and_a_member():
    unit, member = a_payer()
    walk = Walk(clerk(unit))
    assert "1,600.00" in walk.get(f"units/{unit.number}/ledger/?year=2026")
    for form, start in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        paper = walk.client.post(f"/employer/units/{unit.number}/ledger/issue/", {"year": "2026", "as": form})
        assert paper.content.startswith(start)
    user = a_sign_in(Kind.MEMBER)
    MemberSignIn.objects.create(user=user, member=member)
    mine = Walk(user)
    assert "2026-05 – 2026-06" in mine.get("statement/?year=2026")
    assert mine.client.post("/member/statement/issue/", {"year": "2026", "as": "pdf"}).content.startswith(b"%PDF")
    mine.get("statement/?year=1066", status=404)


def test_a_certificate_is_never_changed():
    walk, _member = a_holder()
    certificate = certified(walk)
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(valid_until=DAY + timedelta(days=9999))
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        certificate.delete()
    certificate.content = '{"title": "另一张证明"}'
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        certificate.save(update_fields=["content"])
    rows = Certificate.objects.filter(pk=certificate.pk)
    (sealed,) = rows.values_list("content", flat=True)
    rows.update(content=Sealed(bytes([sealed[0] + 1, *sealed[1:]])))  # as a rotation of keys does
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        rows.update(content=sealed)
