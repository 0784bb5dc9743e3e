"""P07 异地转出: another center's letter is checked, the money held, paid, and on the bank's result booked and told."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import ApplicantKind, Channel, Check, Facts, Group, ServiceItem, Settlement, Term
from anju.cases.form_fields import NumberField
from anju.contributions.bank import contribution_account
from anju.contributions.letters.operations import paid_out, release_out, reserve_out
from anju.contributions.letters.queries import obstacles
from anju.contributions.models_letters import Direction, Letter, LetterState
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen, format_yuan
from anju.ledger.queries import account_balance
from anju.registry.models import MemberState
from anju.registry.queries import member, office_of


class TransferOutForm(forms.Form):
    letter = NumberField(label=_lazy("联系函编号"), longest=20, help_text=_lazy("对方中心发来的联系函，L 开头"))


class TransferOut(ServiceItem):
    code = "P07"
    name = _lazy("异地转移接续（转出）")
    summary = _lazy("按对方中心的联系函，把账户余额与利息转往外地")
    source = "全国住房公积金异地转移接续；GB/T 51271-2017 5.16"
    applicants = frozenset({ApplicantKind.MEMBER})
    channels = frozenset({Channel.COUNTER, Channel.MEMBER, Channel.API})
    cross_province = True
    term = Term(5)
    form = TransferOutForm
    groups = (Group("letter", _lazy("联系函"), ("letter",)),)
    settlement = Settlement.PAYMENT

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        waiting = Letter.objects.filter(
            member__number=reference, direction=Direction.OUT, state=LetterState.RECEIVED
        ).first()
        return {"letter": waiting.number} if waiting else {}

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(member(reference).unit)

    def subject(self, data: Mapping[str, Any]) -> str:
        number: str = data["letter"]
        return number

    def amount(self, data: Mapping[str, Any]) -> Fen:
        letter = Letter.objects.select_related("member").filter(number=data["letter"]).first()
        return account_balance(account=letter.member.account_id) if letter and letter.member else 0

    def checks(self, facts: Facts) -> Sequence[Check]:
        known = member(facts.case.applicant_reference)
        letter = Letter.objects.filter(number=facts.data["letter"], direction=Direction.OUT, member=known).first()
        stands = [] if letter is None else obstacles(letter, facts.business_date)
        return [
            Check(
                "P07-1", letter is not None, _("没有这份联系函，或不是给该职工的；请等对方中心发函"), field="letter",
                title=_("联系函属于该职工"),
            ),
            Check(
                "P07-2", letter is None or letter.state == LetterState.RECEIVED,
                _("联系函已办结或不在待转出状态"), field="letter", title=_("联系函待转出"),
            ),
            Check(
                "P07-3", known.state in {MemberState.SEALED, MemberState.TRANSFERRED_OUT},
                _("账户未封存，请先由原单位办理封存"), title=_("账户已封存"),
            ),
            Check("P07-4", not stands, _("；").join(stands), title=_("没有冻结、未结清贷款等情形")),
        ]  # fmt: skip

    def reserve(self, facts: Facts) -> None:
        reserve_out(number=facts.data["letter"], business_date=facts.business_date, maker=facts.actor)

    def release(self, facts: Facts) -> None:
        release_out(number=facts.data["letter"], business_date=facts.business_date, maker=facts.actor)

    def effect(self, facts: Facts) -> Mapping[str, str]:
        letter = paid_out(
            number=facts.data["letter"], bank_account=contribution_account(facts.business_date), business_date=facts.business_date,
            at=facts.at, maker=facts.actor,
        )  # fmt: skip
        return {"letter": letter.number, "paid": format_yuan(letter.total or 0)}
