"""P01 个人账户设立: a unit opens a personal account for somebody it employs. The rules decide: met is opened, at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _lazy

from anju.cases.declarations import (
    ApplicantKind,
    Channel,
    Check,
    Facts,
    Group,
    Material,
    Preview,
    ServiceItem,
    Source,
    Term,
)  # fmt: skip
from anju.cases.form_fields import (
    CodeField,
    DocumentField,
    MoneyField,
    MonthField,
    NameField,
    PhoneField,
    read_document,
)
from anju.contributions.bills import next_month
from anju.contributions.items.account_items import ListForm, SheetField, waiting_list
from anju.contributions.models import Relief, ReliefKind
from anju.contributions.opening_rules import Entry, account_fault, base_fault, judge, month_fault, months
from anju.contributions.rules import base_bounds, monthly_part, round_unit
from anju.contributions.sheets.kinds.opening import OpeningSheet, openings_of
from anju.contributions.sheets.operations import ready, use
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import Document, DocumentKind, mask_name, parse_document
from anju.kernel.money import Fen, format_yuan
from anju.kernel.periods import Month
from anju.registry.code_lists import IDENTITY_CARD, choices
from anju.registry.duplicates import PHONE_SHARED_BY, account_of, namesakes, persons_with_phone
from anju.registry.models import Unit, UnitTerms
from anju.registry.openings import OPEN_UNITS, Opening, open_members
from anju.registry.operations import month_number
from anju.registry.queries import office_of, unit

#: Documents that the center cannot look up: a copy is handed in.
_COPIED = tuple(kind.value for kind in DocumentKind if kind is not DocumentKind.IDENTITY_CARD)


class AccountOpeningForm(ListForm):
    """One person, or the number of a checked list (职工开户名单); with a list nothing else is asked."""

    sheet = SheetField(
        label=_lazy("职工开户名单编号"),
        help_text=_lazy("为多名职工设立时，先上传并核对职工开户名单，在此填其编号；单人设立留空"),
    )  # fmt: skip
    name = NameField(label=_lazy("职工姓名"), help_text=_lazy("与证件一致；少数民族和外籍姓名的间隔号写“·”"))
    document_type = CodeField(label=_lazy("证件类型"), codes=choices("document_type"))
    document_number = DocumentField(label=_lazy("证件号码"), longest=40)
    document_country = CodeField(
        label=_lazy("签发国家或地区"),
        codes=choices("country"),
        required=False,
        help_text=_lazy("护照等须选，居民身份证留空"),
    )
    phone = PhoneField(label=_lazy("手机号码"), autocomplete="off", help_text=_lazy("职工本人的，11 位"))
    base = MoneyField(label=_lazy("缴存基数（元）"), help_text=_lazy("职工上年月平均工资；新参加工作的填当月工资"))
    first_month = MonthField(label=_lazy("起缴年月"), help_text=_lazy("从哪个月起缴存，例如 2026-05"))

    def clean(self) -> dict[str, Any]:
        """The number is read by the rules of its kind of document."""
        data = super().clean()
        if data.get("sheet"):
            if data.get("name") or data.get("document_number"):
                self.add_error("sheet", _("名单与单人信息只能填一种，请清空其中之一"))
            return data
        kind, number = data.get("document_type"), data.get("document_number")
        if kind and number:
            read_document(self, data)
        return data


class AccountOpening(ServiceItem):
    code = "P01"
    name = _lazy("个人账户设立")
    summary = _lazy("录用职工之日起 30 日内为其设立住房公积金账户")
    source = "住房公积金管理条例第十三条、第十五条、第十七条；GB/T 51271-2017 5.4"
    applicants = frozenset({ApplicantKind.UNIT})
    channels = frozenset({Channel.COUNTER, Channel.EMPLOYER})
    term = Term(1)
    form = AccountOpeningForm
    groups = (
        Group("list", _lazy("批量设立"), ("sheet",)),
        Group(
            "person", _lazy("职工身份"), ("name", "document_type", "document_number", "document_country"),
            hint=_lazy("一人只能有一个账户；在其他单位有账户的，请办理启封或同城转移"),
        ),
        Group("terms", _lazy("联系方式与缴存"), ("phone", "base", "first_month")),
    )  # fmt: skip
    materials = (
        Material(
            "identity",
            _lazy("职工身份证件复印件"),
            (Source.SUBMITTED, Source.SHARED),
            when="document_type",
            values=_COPIED,
        ),
    )
    reviews = ()
    straight_through = True

    def prefill(self, *, reference: str) -> Mapping[str, Any]:
        typed = {"document_type": IDENTITY_CARD, "first_month": str(next_month(unit(reference)))}
        return waiting_list(reference, OpeningSheet.code) or typed

    def office(self, *, data: Mapping[str, Any], reference: str) -> str | None:
        return office_of(unit(reference))

    def subject(self, data: Mapping[str, Any]) -> str:
        return _("名单 {number}").format(number=data["sheet"]) if data["sheet"] else mask_name(data["name"])

    def preview(self, *, data: Mapping[str, Any], reference: str, on: date) -> Preview | None:
        if not all(data.get(name) for name in ("name", "base", "first_month")):
            return None
        by_unit, by_person = _parts(unit(reference), data["base"], data["first_month"], on)
        cells = [data["base"], by_unit, by_person, by_unit + by_person]
        return Preview(
            title=_("每月缴存额（元）"),
            columns=(_("姓名"), _("起缴年月"), _("缴存基数"), _("单位缴存"), _("个人缴存"), _("合计")),
            rows=[[mask_name(data["name"]), str(data["first_month"]), *(format_yuan(fen) for fen in cells)]],
            figures=(2, 3, 4, 5),
        )  # fmt: skip

    def checks(self, facts: Facts) -> Sequence[Check]:
        data, payer = facts.data, unit(facts.case.applicant_reference)
        may_open = Check(
            "P01-1", payer.state in OPEN_UNITS,
            _("单位状态为“{state}”，不能设立职工账户；请先办理单位启封").format(state=payer.get_state_display()),
            title=_("单位可以设立职工账户"),
        )  # fmt: skip
        if data["sheet"]:
            return [may_open, _list_is_sound(payer, data["sheet"], facts.business_date)]
        base = base_fault(data["base"], *base_bounds(data["first_month"].first_day))
        month = month_fault(data["first_month"], *months(payer, facts.business_date))
        document = parse_document(data["document_type"], data["document_number"], data["document_country"])
        return [
            may_open,
            _one_account(payer, document),
            Check("P01-3", not base, base, field="base", title=_("缴存基数在上下限之间")),
            Check("P01-4", not month, month, field="first_month", title=_("起缴年月未汇缴，也不过早")),
            *_remarks(data["name"], data["phone"], document, facts.business_date),
        ]  # fmt: skip

    def effect(self, facts: Facts) -> Mapping[str, str]:
        payer, case, number = facts.case.applicant_reference, facts.case.number, facts.data["sheet"]
        if number:
            openings = list(openings_of(use(number=number, unit=payer, kind=OpeningSheet.code, case=case)))
        else:
            openings = [Opening(**{name: value for name, value in facts.data.items() if name != "sheet"})]
        numbers = open_members(
            unit_number=payer, openings=openings, actor=facts.actor, business_date=facts.business_date, at=facts.at,
            case=case,
        )  # fmt: skip
        return {"sheet": number, "opened": str(len(numbers))} if number else {"member": numbers[0]}


def _list_is_sound(payer: Unit, number: str, on: date) -> Check:
    """The list is ready, and what was right when it was checked still is."""
    message = ""
    try:
        entries = [
            Entry(
                row, parse_document(each.document_type, each.document_number, each.document_country), each.base,
                each.first_month,
            )
            for row, each in enumerate(openings_of(ready(number=number, unit=payer.number, kind=OpeningSheet.code)), 1)
        ]  # fmt: skip
        wrong = {fault.row for fault in judge(payer=payer, entries=entries, on=on)}
        if wrong:
            message = _("名单核对后情况有变，{count} 名职工现在不能设立，请重新上传名单核对").format(count=len(wrong))
    except AnjuError as error:
        message = error.message
    return Check("P01-8", not message, message, field="sheet", title=_("名单已核对通过"))


def _parts(payer: Unit, base: Fen, month: Month, on: date) -> tuple[Fen, Fen]:
    """The unit's and the person's part of a month: base × ratio in force, half-up once to the center's unit."""
    number, to = month_number(month), round_unit(on)
    relief = Relief.objects.filter(
        unit=payer, kind=ReliefKind.REDUCED, first_month__lte=number, last_month__gte=number
    ).first()
    terms = UnitTerms.objects.filter(unit=payer, first_month__lte=number).order_by("-first_month").first()
    of = relief or terms or payer
    return monthly_part(base, of.unit_ratio or 0, to), monthly_part(base, of.person_ratio or 0, to)


def _one_account(payer: Unit, document: Document) -> Check:
    """条例 Art. 13: one person, one account."""
    known = account_of(document)
    message = account_fault(payer, known.unit_id, known.state) if known else ""
    return Check("P01-2", not message, message, field="document_number", title=_("一人一户"))


def _remarks(name: str, phone: str, document: Document, on: date) -> list[Check]:
    same = document.birth_date is not None and bool(
        namesakes(name=name, birth_date=document.birth_date, but=document.value)
    )
    sharing = persons_with_phone(phone)
    shared = _("该手机号码已登记给 {count} 名职工，请核对是否为职工本人的号码").format(count=sharing)
    young = document.birth_date is not None and _sixteenth(document.birth_date) > on
    return [
        Check(
            "P01-5", not same, _("已有同名且出生日期相同、证件号码不同的账户，请核对证件，避免一人两户"), blocking=False,
            field="document_number", title=_("没有疑似重复的账户"),
        ),
        Check("P01-6", sharing < PHONE_SHARED_BY, shared, blocking=False, field="phone", title=_("手机号码为本人所有")),
        Check(
            "P01-7", not young, _("职工未满 16 周岁，请核对证件号码和用工手续"), blocking=False, field="document_number",
            title=_("已满 16 周岁"),
        ),
    ]  # fmt: skip


def _sixteenth(born: date) -> date:
    """The day on which somebody is sixteen; who was born on a 29 February on the 1 March, where there is none."""
    return (
        date(born.year + 16, born.month, born.day) if (born.month, born.day) != (2, 29) else date(born.year + 16, 3, 1)
    )
