"""Flexible workers of a demo: one who paid a year ahead, one who pays what fits, one whose notice waits. Made once."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from anju.city.money import MAKER
from anju.contributions.flexible.agreements import Applicant, Terms, sign
from anju.contributions.flexible.payments import issue
from anju.contributions.models_flexible import Mode
from anju.contributions.receipts import Notice, receive
from anju.kernel.identity import identity_check_digit
from anju.kernel.money import Fen
from anju.kernel.periods import Month
from anju.ledger.days import open_days
from anju.platform.models import User
from anju.registry.models import Member, MemberSignIn
from anju.treasury.models import BankAccount

_ZONE = ZoneInfo("Asia/Shanghai")
#: Name, mode, base, what they pay in fen where they say it themselves, and whether the money has come.
_PEOPLE: tuple[tuple[str, Mode, Fen, Fen | None, bool], ...] = (
    ("示例灵活甲", Mode.YEARLY, 600_000, None, True),
    ("示例灵活乙", Mode.FREE, 400_000, 123_456, True),
    ("示例灵活丙", Mode.MONTHLY, 500_000, None, False),
)


@transaction.atomic
def flexible_workers(*, office: str, user: User, today: date) -> int:
    """Sign agreements at an office and let money arrive; the first person is the one of the portal's account. How many."""
    bank = (
        BankAccount.objects.filter(account__subject__code__startswith="101", matures_date=None).order_by("pk").first()
    )
    if bank is None or Member.objects.filter(sign_in__user=user).exists():
        return 0
    open_days(first=today, final=today, actor=MAKER)
    at = datetime.combine(today, time(9, 30), _ZONE)
    for place, (name, mode, base, amount, pays) in enumerate(_PEOPLE):
        first17 = f"43060219880808{place:03d}"
        applicant = Applicant(
            name=name,
            identity_number=first17 + identity_check_digit(first17),
            phone=f"1990808{place:04d}",
            office=office,
        )
        terms = Terms(mode=mode, base=base, ratio=200_000, first_month=Month.of(today))
        agreement = sign(
            applicant=applicant, terms=terms, business_date=today, actor=MAKER, at=at, case=f"demo-P10-{place}"
        )
        if place == 0:
            MemberSignIn.objects.create(user=user, member=agreement.member)
        bill = issue(member=agreement.member, amount=amount, business_date=today, maker=MAKER)
        if pays:
            notice = Notice(
                bank_account=bank.account_id, serial=f"DEMO-F{place}", arrived=today, payer_name=name,
                amount=bill.amount, remark=bill.number,
            )  # fmt: skip
            receive(notice=notice, business_date=today, maker=MAKER)
    return len(_PEOPLE)
