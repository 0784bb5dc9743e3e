"""缴存协议: a person without an employer joins; the account is opened or unsealed under the office's collective account."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from anju.contributions.errors import FlexibleRefusedError
from anju.contributions.flexible import debits
from anju.contributions.flexible.rules import both_ratios, counted_amount, of_working_age
from anju.contributions.models import Bill, BillKind, BillState
from anju.contributions.models_flexible import Agreement, AgreementEnded, Mode
from anju.contributions.rules import base_bounds
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.kernel.rates import Ppm
from anju.platform.refusals import told
from anju.registry.changes import keep
from anju.registry.collective import collective_unit
from anju.registry.models import ChangeKind, Member, MemberState, SpellBegan, UnitKind
from anju.registry.operations import NewMember, adjust_bases, begin_spells, month_number, open_member_accounts

_ONE_CURRENT = {
    "contributions_agreement_one_current": (FlexibleRefusedError, "member", "已有有效的缴存协议，请先停止或退出"),
    "registry_employment_apart": (FlexibleRefusedError, "first_month", "该月已有缴存，起缴年月请改为下月"),
    "registry_member_one_account": (FlexibleRefusedError, "identity_number", "该证件号码已有个人账户，请重新提交"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a person agrees to. `base` in fen, `ratio` in ppm for both parts together; the debit card may be missing."""

    mode: Mode
    base: Fen
    ratio: Ppm
    first_month: Month
    debit_bank: str = ""
    debit_card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who joins, in canonical form, and the office that serves them."""

    name: str
    identity_number: str
    phone: str
    office: str


def obstacles(*, applicant: Applicant, terms: Terms, on: date) -> list[tuple[str, str]]:
    """What stands against an agreement: (field, sentence that says what to do)."""
    found = []
    if not of_working_age(applicant.identity_number, on):
        found.append(("identity_number", _("须年满 16 周岁且未达到法定退休年龄，才能以灵活就业人员身份缴存")))
    known = account_of(applicant.identity_number)
    if known is not None and (fault := _account_fault(known, applicant)):
        found.append(("identity_number", fault))
    floor, cap = base_bounds(on)
    if (floor is not None and terms.base < floor) or (cap is not None and terms.base > cap):
        found.append(("base", _("缴存基数不在规定的上下限内，请修改")))
    lowest, highest = both_ratios(on)
    if not lowest <= terms.ratio <= highest:
        found.append(
            ("ratio", _("缴存比例应为 {low}% 至 {high}%").format(low=lowest // 10_000, high=highest // 10_000))
        )
    if not Month.of(on) <= terms.first_month <= Month.of(on).plus(1):
        found.append(("first_month", _("起缴年月应为本月或下月")))
    return found


@transaction.atomic
def sign(*, applicant: Applicant, terms: Terms, business_date: date, actor: str, at: datetime, case: str) -> Agreement:
    """Sign an agreement: the account is opened or unsealed under the collective account; one in force is replaced.

    A case that comes again gets its agreement. Raises FlexibleRefusedError.
    """
    made = Agreement.objects.filter(case_number=case).first()
    if made is not None:
        return made
    for field, sentence in obstacles(applicant=applicant, terms=terms, on=business_date):
        raise FlexibleRefusedError(sentence, field=field)
    with told(_ONE_CURRENT):
        member = _account(applicant, terms, business_date, actor, at, case)
        if terms.debit_card:
            debits.agree(member=member, card=terms.debit_card, signed=business_date, maker=actor)
        return Agreement.objects.create(
            number=_new_number(), member=member, mode=terms.mode, base=terms.base, ratio=terms.ratio,
            amount=counted_amount(terms.base, terms.ratio, free=terms.mode == Mode.FREE, on=business_date),
            first_month=month_number(terms.first_month), debit_bank=terms.debit_bank, debit_card=terms.debit_card or None,
            signed_date=business_date, case_number=case,
        )  # type: ignore[misc]  # fmt: skip


@transaction.atomic
def end(*, agreement: int, by: AgreementEnded, business_date: date) -> bool:
    """End an agreement; whether it was still going on. Raises FlexibleRefusedError while a bill waits to be paid."""
    found = Agreement.objects.select_for_update().filter(pk=agreement, ended_date=None).first()
    if found is None:
        return False
    if found.payments.filter(bill__state=BillState.OPEN, bill__kind=BillKind.FLEXIBLE).exists():
        raise FlexibleRefusedError(_("有未缴款的缴款通知，请先缴款或撤销"), field="member")
    found.ended_date, found.ended_by = business_date, by
    found.save(update_fields=["ended_date", "ended_by"])
    debits.end(member=found.member, ended=business_date)
    return True


def account_of(identity_number: str) -> Member | None:
    """The account that a person has open."""
    return Member.objects.select_related("unit").filter(identity_index=identity_number, closed_date=None).first()


def _account_fault(known: Member, applicant: Applicant) -> str:
    """Why the account that somebody has does not bear an agreement; empty: it does."""
    if known.name != applicant.name:
        return _("姓名与该证件号码已有的个人账户不符，请核对；姓名有变更的请先办理个人信息变更")
    if known.state == MemberState.SEALED:
        return ""
    if known.state != MemberState.NORMAL:
        return _("个人账户已冻结，请先到柜台办理")
    if known.unit.kind != UnitKind.FLEXIBLE:
        return _("在职职工由单位缴存，不能以灵活就业人员身份开户；已离职的请原单位先办理封存")
    if Bill.objects.filter(member=known, kind=BillKind.FLEXIBLE, state=BillState.OPEN).exists():
        return _("有未缴款的缴款通知，请先缴款或撤销，再变更协议")
    return ""


def _account(applicant: Applicant, terms: Terms, day: date, actor: str, at: datetime, case: str) -> Member:
    """The account, ready for the agreement: opened, unsealed, or going on under new terms."""
    known = account_of(applicant.identity_number)
    if known is None:
        return _opened(applicant, terms, day, actor, at, case)
    current = Agreement.objects.filter(member=known, ended_date=None).first()
    if current is None:
        return _unsealed(known, applicant, terms, day, actor, at, case)
    member = Member.objects.select_for_update().get(pk=known.pk)
    end(agreement=current.pk, by=AgreementEnded.CHANGED, business_date=day)
    adjust_bases(bases=[(member.number, terms.base)], first_month=terms.first_month, case_number=case)
    before, after = (
        {"base": str(current.base), "mode": current.mode},
        {"base": str(terms.base), "mode": str(terms.mode)},
    )
    keep(ChangeKind.MEMBER_CHANGED, member.number, before, after, day, actor, at, case)
    return member


def _opened(applicant: Applicant, terms: Terms, day: date, actor: str, at: datetime, case: str) -> Member:
    unit = collective_unit(kind=UnitKind.FLEXIBLE, office=applicant.office, opened=day)
    number = _new_number("G")
    open_member_accounts(
        members=[
            NewMember(
                number=number, name=applicant.name, identity_number=applicant.identity_number, phone=applicant.phone,
                unit_number=unit.number, base=terms.base, opened=day, first_month=terms.first_month,
            )
        ]
    )  # fmt: skip
    after = {"unit": unit.number, "identity": mask_identity_number(applicant.identity_number)}
    keep(ChangeKind.MEMBER_OPENED, number, {}, after, day, actor, at, case)
    return Member.objects.get(number=number)


def _unsealed(
    known: Member, applicant: Applicant, terms: Terms, day: date, actor: str, at: datetime, case: str
) -> Member:
    unit = collective_unit(kind=UnitKind.FLEXIBLE, office=applicant.office, opened=day)
    member = Member.objects.select_for_update().get(pk=known.pk)
    if member.state != MemberState.SEALED:
        raise FlexibleRefusedError(_("账户状态已变，请重新提交"), field="identity_number")
    before = {"unit": known.unit.number, "state": str(member.state)}
    Member.objects.filter(pk=member.pk).update(unit=unit, state=MemberState.NORMAL, sealed_date=None)
    begin_spells(members=[member.pk], unit=unit.pk, first_month=terms.first_month, reason=SpellBegan.UNSEALED)
    adjust_bases(bases=[(member.number, terms.base)], first_month=terms.first_month, case_number=case)
    after = {"unit": unit.number, "state": str(MemberState.NORMAL)}
    keep(ChangeKind.MEMBER_UNSEALED, member.number, before, after, day, actor, at, case)
    member.refresh_from_db()
    return member


def _new_number(letter: str = "L") -> str:
    """The next number of an agreement (L) or of an account opened by one (G): the letter and ten digits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s || lpad(nextval('contributions_agreement_number')::text, 10, '0')", [letter])
        number: str = cursor.fetchone()[0]
    return number
