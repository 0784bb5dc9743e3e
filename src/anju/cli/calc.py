"""`anju calc`: the calculators. Options or one JSON object in, a Chinese table or JSON out.

Amounts are in yuan and rates in per cent a year, both ways. Nothing is computed here: each calculator declares its
inputs and hands them to the pure rooms.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TextIO, TypeAlias

import click

from anju.cli import fields, tables
from anju.cli.fields import Field, FieldError
from anju.kernel.capitals import to_capitals
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number, parse_identity_number
from anju.kernel.money import Fen, format_yuan
from anju.kernel.rates import ONE, Ppm
from anju.ledger import interest as account_interest
from anju.ledger.interest import Flow
from anju.loans import penalty, prepayment, schedule
from anju.loans.penalty import AllocationOrder, DayCount, Overdue, PenaltyBase
from anju.loans.prepayment import PrepaymentMode
from anju.loans.schedule import Method


@dataclass(frozen=True, slots=True)
class Yuan:
    """An amount on its way out: with separators for people, plain in JSON."""

    fen: Fen

    def __str__(self) -> str:
        return format_yuan(self.fen)


Value: TypeAlias = Yuan | str | int | date
Row: TypeAlias = dict[str, Value]
Result: TypeAlias = dict[str, Value | list[Row]]
Calculator: TypeAlias = Callable[..., Result]

#: What a person reads instead of a key of the result.
LABELS = {
    "amount": _("金额"),
    "balance": _("余额"),
    "capitals": _("大写"),
    "card": _("银行卡应扣"),
    "days": _("天数"),
    "drawn": _("扣划"),
    "draws": _("各账户扣划"),
    "due": _("应还日"),
    "final_payment": _("末期月供"),
    "first_payment": _("首期月供"),
    "from": _("起"),
    "instalments": _("还款计划"),
    "interest": _("利息"),
    "interest_saved": _("节省利息"),
    "interest_to_come": _("剩余利息"),
    "items": _("逾期各期"),
    "left": _("冲抵后尚欠"),
    "masked": _("证件号码"),
    "months_left": _("剩余期数"),
    "number": _("期次"),
    "paid": _("冲抵"),
    "payment": _("月供"),
    "penalty": _("罚息"),
    "principal": _("本金"),
    "product": _("积数（元·天）"),
    "rows": _("积数明细"),
    "sex": _("性别"),
    "to": _("止"),
    "total": _("合计"),
    "total_interest": _("利息合计"),
    "total_payment": _("还款合计"),
    "unapplied": _("冲抵后剩余"),
    "valid": _("校验"),
}
#: What a person reads instead of a value of the result.
WORDS = {"male": _("男"), "female": _("女"), "True": _("通过")}


@click.group(help=_("计算器：金额以元、利率以年百分数给出，结果精确到分"))
def calc() -> None:
    """Group of the calculators."""


def _calculator(name: str, summary: str, **inputs: Field) -> Callable[[Calculator], Calculator]:
    """Make a function a command whose options, and whose JSON fields, are `inputs`."""

    def register(run: Calculator) -> Calculator:
        def callback(*, source: TextIO | None, as_json: bool, **options: str | None) -> None:
            result = run(**fields.read_fields(_given(source, options), inputs))
            click.echo(json.dumps(result, ensure_ascii=False, indent=1, default=_plain) if as_json else _table(result))

        options: list[click.Parameter] = [
            *(click.Option([f"--{key.replace('_', '-')}", key], help=field.help) for key, field in inputs.items()),
            click.Option(["--input", "source"], type=click.File(encoding="utf-8"), help=_("JSON 对象；- 为标准输入")),
            click.Option(["--json", "as_json"], is_flag=True, help=_("输出 JSON")),
        ]
        calc.add_command(click.Command(name, params=options, callback=callback, help=summary))
        return run

    return register


def _given(source: TextIO | None, options: Mapping[str, str | None]) -> dict[str, object]:
    given: dict[str, object] = {key: value for key, value in options.items() if value is not None}
    if source is None:
        return given
    if given:
        raise FieldError(_("--input 不能与其他字段同时使用"), field=next(iter(given)))
    return fields.read_object(source)


def _rate(value: object) -> Ppm:
    rate = fields.percent(value)
    if rate > schedule.MAX_RATE:
        raise FieldError(_("年利率应在 0 到 24% 之间"))
    return rate


def _uplift(value: object) -> Ppm:
    uplift = fields.percent(value)
    if uplift > ONE:
        raise FieldError(_("上浮不能超过 100%"))
    return uplift


_RATE = Field(_rate, _("年利率（%）"))


@_calculator(
    "schedule",
    _("还款计划：等额本息、等额本金"),
    principal=Field(fields.amount, _("贷款本金（元）")),
    months=Field(fields.count, _("期数")),
    rate=_RATE,
    method=Field(
        fields.choice(Method),
        _("equal-instalment 等额本息（默认）| equal-principal 等额本金"),
        optional=True,
        default=Method.EQUAL_INSTALMENT,
    ),
    first_due=Field(fields.day, _("首期还款日，可不填"), optional=True),
)
def _schedule(*, principal: Fen, months: int, rate: Ppm, method: Method, first_due: date | None) -> Result:
    rows = schedule.schedule(principal, rate, months, method)
    with _known_as({"": "first_due"}):
        dues = schedule.due_dates(first_due, len(rows)) if first_due else [None] * len(rows)
    instalments: list[Row] = [
        {
            "number": row.number,
            **({"due": due} if due else {}),
            **_amounts(row, "payment", "principal", "interest", "balance"),
        }
        for row, due in zip(rows, dues, strict=True)
    ]
    return {
        "first_payment": Yuan(rows[0].payment),
        "final_payment": Yuan(rows[-1].payment),
        "total_payment": Yuan(sum(row.payment for row in rows)),
        "total_interest": Yuan(sum(row.interest for row in rows)),
        "instalments": instalments,
    }


@_calculator(
    "interest",
    _("账户计息：年度结息（until 为 7 月 1 日）或销户结息（until 为销户日）"),
    opening=Field(fields.amount, _("期初余额（元）")),
    start=Field(fields.day, _("起息日")),
    until=Field(fields.day, _("止息日，当日不计息")),
    rate=_RATE,
    flows=Field(
        fields.several(fields.record(Flow, fields.day, fields.signed_amount)),
        _("发生额，日期:金额，以分号分隔，支出为负"),
        optional=True,
        default=(),
    ),
)
def _interest(*, opening: Fen, start: date, until: date, rate: Ppm, flows: Sequence[Flow]) -> Result:
    settled = account_interest.settle(opening, flows, start=start, until=until, rate=rate)
    rows: list[Row] = [
        {"from": row.start, "to": row.end, "days": row.days, **_amounts(row, "balance", "product")}
        for row in settled.rows
    ]
    return {**_amounts(settled, "product", "principal", "interest", "total"), "rows": rows}


@_calculator(
    "penalty",
    _("罚息；给出还款金额时并列出冲抵结果"),
    overdue=Field(
        fields.several(fields.record(Overdue, fields.day, fields.amount, fields.amount)),
        _("逾期各期，应还日:本金:利息，以分号分隔，先到期的在前"),
    ),
    rate=_RATE,
    paid=Field(fields.day, _("还款日")),
    uplift=Field(_uplift, _("罚息上浮（%），默认 50"), optional=True, default=ONE // 2),
    base=Field(
        fields.choice(PenaltyBase),
        _("罚息基数：principal-and-interest 本息（默认）| principal 本金"),
        optional=True,
        default=PenaltyBase.PRINCIPAL_AND_INTEREST,
    ),
    day_count=Field(
        fields.choice(DayCount), _("计日：actual 实际天数（默认）| 30-360"), optional=True, default=DayCount.ACTUAL
    ),
    amount=Field(fields.amount, _("还款金额（元），可不填"), optional=True),
    order=Field(
        fields.choice(AllocationOrder),
        _("冲抵顺序：per-instalment 逐期（默认）| category-first 先罚息后利息再本金"),
        optional=True,
        default=AllocationOrder.PER_INSTALMENT,
    ),
)
def _penalty(
    *,
    overdue: Sequence[Overdue],
    rate: Ppm,
    paid: date,
    uplift: Ppm,
    base: PenaltyBase,
    day_count: DayCount,
    amount: Fen | None,
    order: AllocationOrder,
) -> Result:
    items = [penalty.with_penalty(item, paid, rate, uplift=uplift, base=base, count=day_count) for item in overdue]
    result: Result = {
        "penalty": Yuan(sum(item.penalty for item in items)),
        "total": Yuan(sum(item.total for item in items)),
        "items": _overdue_rows(items),
    }
    if amount is not None:
        shared = penalty.allocate(amount, items, order)
        result["unapplied"] = Yuan(shared.unapplied)
        result["paid"], result["left"] = _overdue_rows(shared.paid), _overdue_rows(shared.left)
    return result


def _overdue_rows(items: Sequence[Overdue]) -> list[Row]:
    return [{"due": item.due, **_amounts(item, *penalty.CATEGORIES, "total")} for item in items]


@_calculator(
    "prepayment",
    _("提前部分还款：等额本息，当期已还"),
    balance=Field(fields.amount, _("贷款余额（元）")),
    amount=Field(fields.amount, _("提前还款金额（元）")),
    rate=_RATE,
    months_left=Field(fields.count, _("剩余期数")),
    payment=Field(fields.amount, _("现月供（元），不填则按余额计算"), optional=True),
    mode=Field(
        fields.choice(PrepaymentMode),
        _("keep-term 期限不变（默认）| shorten 月供不变"),
        optional=True,
        default=PrepaymentMode.KEEP_TERM,
    ),
)
def _prepayment(
    *, balance: Fen, amount: Fen, rate: Ppm, months_left: int, payment: Fen | None, mode: PrepaymentMode
) -> Result:
    with _known_as({"principal": "balance", "months": "months_left"}):
        level = schedule.level_payment(balance, rate, months_left)
    current = level if payment is None else payment
    after = prepayment.prepay(balance, amount=amount, rate=rate, months_left=months_left, payment=current, mode=mode)
    return {
        **_amounts(after, "balance", "payment"),
        "months_left": len(after.instalments),
        "final_payment": Yuan(after.instalments[-1].payment),
        "interest_to_come": Yuan(sum(row.interest for row in after.instalments)),
        "interest_saved": Yuan(after.interest_saved),
    }


@_calculator(
    "payoff",
    _("提前结清应付本息"),
    balance=Field(fields.amount, _("贷款余额（元）")),
    rate=_RATE,
    days=Field(fields.count, _("距上次还款日的天数")),
)
def _payoff(*, balance: Fen, rate: Ppm, days: int) -> Result:
    interest = prepayment.payoff_interest(balance, rate, days)
    return {"principal": Yuan(balance), "interest": Yuan(interest), "total": Yuan(balance + interest)}


@_calculator(
    "offset",
    _("按月对冲：依次从各账户扣划"),
    instalment=Field(fields.amount, _("期供（元）")),
    accounts=Field(fields.several(fields.amount), _("各账户余额（元），以分号分隔")),
    retain=Field(fields.amount, _("每户保留额（元），默认 0"), optional=True, default=0),
)
def _offset(*, instalment: Fen, accounts: Sequence[Fen], retain: Fen) -> Result:
    draws, card = prepayment.offset(instalment, accounts, retain=retain)
    return {"card": Yuan(card), "draws": [_amounts(draw, "drawn", "balance") for draw in draws]}


@_calculator("capitals", _("大写金额"), amount=Field(fields.signed_amount, _("金额（元）")))
def _capitals(*, amount: Fen) -> Result:
    return {"amount": Yuan(amount), "capitals": to_capitals(amount)}


@_calculator(
    "identity",
    _("校验居民身份证号码，结果脱敏"),
    number=Field(fields.text, _("18 位号码")),
    on=Field(fields.day, _("校验日，出生日期不得晚于此日，默认今天"), optional=True),
)
def _identity(*, number: str, on: date | None) -> Result:
    """The birth date stays inside: beside it the mask would hide two digits only."""
    with _known_as({"": "number"}):
        identity = parse_identity_number(number, today=on or _today())
    return {"masked": mask_identity_number(identity.value), "sex": identity.sex, "valid": True}


def _amounts(source: object, *names: str) -> Row:
    return {name: Yuan(getattr(source, name)) for name in names}


@contextmanager
def _known_as(names: Mapping[str, str]) -> Iterator[None]:
    """An error about an argument of a pure function is told with the name of the field it came from."""
    try:
        yield
    except AnjuError as error:
        error.field = names.get(error.field, error.field)
        raise


def _today() -> date:
    """Today in China, which has one time and no summer time."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


def _table(result: Result) -> str:
    """Single values first, then each list as a table."""
    single = {LABELS[key]: value for key, value in result.items() if not isinstance(value, list)}
    columns = max(map(tables.width, single), default=0)
    lines = [f"{tables.left(label, columns)}  {WORDS.get(str(value), value)}" for label, value in single.items()]
    for key, rows in result.items():
        if isinstance(rows, list) and rows:
            head = [LABELS[name] for name in rows[0]]
            lines += ["", LABELS[key], tables.table(head, [[str(value) for value in row.values()] for row in rows])]
    return "\n".join(lines)


def _plain(value: Any) -> str:
    return format_yuan(value.fen, grouping=False) if isinstance(value, Yuan) else str(value)
