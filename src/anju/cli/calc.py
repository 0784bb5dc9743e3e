"""`anju calc`: the calculators. Options or JSON in, a table or JSON out; amounts in yuan, rates in per cent a year."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

import click

from anju.kernel.capitals import to_capitals
from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.identity import mask_identity_number, parse_identity_number
from anju.kernel.money import format_yuan, parse_yuan
from anju.kernel.rates import parse_percent
from anju.kernel.text import squeeze
from anju.ledger import interest as account_interest
from anju.ledger.interest import Flow
from anju.loans import penalty, prepayment, schedule


class CalculatorInputError(AnjuError):
    """A field that is missing, unknown or of the wrong form; `field` is its name."""

    code: ClassVar[str] = "CALC_INPUT"


@dataclass(frozen=True, slots=True)
class Field:
    """One input: how its text is read, what it means, and its value when it is not given (None: required)."""

    read: Callable[[Any], Any]
    help: str
    default: str | None = None


Inputs = Mapping[str, Any]
Result = dict[str, Any]


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise CalculatorInputError(_('应为文字或整数；金额请写成带引号的文字，如 "600000.00"'))
    return str(value)


def _amount(value: Any) -> int:
    return parse_yuan(_text(value))


def _rate(value: Any) -> int:
    return parse_percent(_text(value))


def _count(value: Any) -> int:
    text = squeeze(_text(value))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise CalculatorInputError(_("应为非负整数"))
    return int(text)


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(squeeze(_text(value)))
    except ValueError as error:
        raise CalculatorInputError(_("日期应为 YYYY-MM-DD，例如 2025-06-20")) from error


def _choice(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    def read(value: Any) -> StrEnum:
        try:
            return kind(_text(value))
        except ValueError as error:
            raise CalculatorInputError(_("只能是：{choices}").format(choices=", ".join(kind))) from error

    return read


def _list(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def read_all(value: Any) -> list[Any]:
        items = value.split(";") if isinstance(value, str) else value
        if not isinstance(items, list) or len(items) > 10_000:
            raise CalculatorInputError(_("应为列表，命令行上以分号分隔"))
        return [read(item) for item in items if item != ""]

    return read_all


def _parts(value: Any, count: int) -> list[Any]:
    parts = value.split(":") if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != count:
        raise CalculatorInputError(_("每项应有 {count} 个部分，命令行上以冒号分隔").format(count=count))
    return parts


def _flow(value: Any) -> Flow:
    day, amount = _parts(value, 2)
    return Flow(_day(day), _amount(amount))


def _overdue(value: Any) -> penalty.Overdue:
    due, principal, interest = _parts(value, 3)
    return penalty.Overdue(_day(due), _amount(principal), _amount(interest))


def _schedule(given: Inputs) -> Result:
    rows = schedule.schedule(given["principal"], given["rate"], given["months"], given["method"])
    dates = schedule.due_dates(given["first_due"], len(rows)) if given["first_due"] else [None] * len(rows)
    return {
        "first_payment": format_yuan(rows[0].payment, grouping=False),
        "final_payment": format_yuan(rows[-1].payment, grouping=False),
        "total_payment": format_yuan(sum(row.payment for row in rows), grouping=False),
        "total_interest": format_yuan(sum(row.interest for row in rows), grouping=False),
        "instalments": [
            {"number": row.number, **({"due": due.isoformat()} if due else {}), **_money(row, "payment", "principal", "interest", "balance")}
            for row, due in zip(rows, dates, strict=True)
        ],
    }  # fmt: skip


def _interest(given: Inputs) -> Result:
    settled = account_interest.settle(
        given["opening"], given["flows"], start=given["start"], until=given["until"], rate=given["rate"]
    )
    return {
        "product": format_yuan(settled.product, grouping=False),
        **_money(settled, "interest", "principal", "total"),
        "rows": [
            {
                "from": row.start.isoformat(),
                "to": row.end.isoformat(),
                "days": row.days,
                **_money(row, "balance", "product"),
            }
            for row in settled.rows
        ],
    }


def _penalty(given: Inputs) -> Result:
    items = [
        penalty.with_penalty(
            item, given["paid"], given["rate"], uplift=given["uplift"], base=given["base"], count=given["day_count"]
        )
        for item in given["overdue"]
    ]
    result: Result = {
        "penalty": format_yuan(sum(item.penalty for item in items), grouping=False),
        "total": format_yuan(sum(item.total for item in items), grouping=False),
        "items": [{"due": item.due.isoformat(), **_money(item, *penalty.CATEGORIES)} for item in items],
    }
    if given["amount"] is not None:
        shared = penalty.allocate(given["amount"], items, given["order"])
        result["unapplied"] = format_yuan(shared.unapplied, grouping=False)
        for name, rows in (("paid", shared.paid), ("left", shared.left)):
            result[name] = [{"due": row.due.isoformat(), **_money(row, *penalty.CATEGORIES)} for row in rows]
    return result


def _prepayment(given: Inputs) -> Result:
    balance, rate, months = given["balance"], given["rate"], given["months_left"]
    payment = given["payment"] or schedule.level_payment(balance, rate, months)
    after = prepayment.prepay(
        balance, amount=given["amount"], rate=rate, months_left=months, payment=payment, mode=given["mode"]
    )
    return {
        **_money(after, "balance", "payment", "interest_saved"),
        "months_left": len(after.instalments),
        "final_payment": format_yuan(after.instalments[-1].payment, grouping=False),
        "interest_to_come": format_yuan(sum(row.interest for row in after.instalments), grouping=False),
    }


def _payoff(given: Inputs) -> Result:
    interest = prepayment.payoff_interest(given["balance"], given["rate"], given["days"])
    return {
        "principal": format_yuan(given["balance"], grouping=False),
        "interest": format_yuan(interest, grouping=False),
        "total": format_yuan(given["balance"] + interest, grouping=False),
    }


def _offset(given: Inputs) -> Result:
    draws, card = prepayment.offset(given["instalment"], given["accounts"], retain=given["retain"])
    return {"draws": [_money(draw, "drawn", "balance") for draw in draws], "card": format_yuan(card, grouping=False)}


def _capitals(given: Inputs) -> Result:
    return {"amount": format_yuan(given["amount"]), "capitals": to_capitals(given["amount"])}


def _identity(given: Inputs) -> Result:
    number = parse_identity_number(given["number"])
    masked = mask_identity_number(number.value)
    return {"number": masked, "birth_date": number.birth_date.isoformat(), "sex": number.sex, "valid": True}


_RATE = Field(_rate, "年利率（%）")
_OPTIONAL = ""
_CALCULATORS: dict[str, tuple[Callable[[Inputs], Result], str, dict[str, Field]]] = {
    "schedule": (_schedule, "还款计划：等额本息、等额本金", {
        "principal": Field(_amount, "贷款本金（元）"), "months": Field(_count, "期数"), "rate": _RATE,
        "method": Field(_choice(schedule.Method), "equal-instalment 等额本息 | equal-principal 等额本金", "equal-instalment"),
        "first_due": Field(_day, "首期还款日", _OPTIONAL),
    }),
    "interest": (_interest, "账户计息：年度结息（until 为 7 月 1 日）或销户结息（until 为销户日）", {
        "opening": Field(_amount, "期初余额（元）"), "start": Field(_day, "起息日"), "until": Field(_day, "止息日（不计）"),
        "rate": _RATE, "flows": Field(_list(_flow), "发生额，日期:金额，以分号分隔", _OPTIONAL),
    }),
    "penalty": (_penalty, "罚息；给出 amount 时并列出冲抵结果", {
        "overdue": Field(_list(_overdue), "逾期各期，应还日:本金:利息，以分号分隔，先到期的在前"), "rate": _RATE,
        "paid": Field(_day, "还款日"), "uplift": Field(_rate, "罚息上浮（%）", "50"),
        "base": Field(_choice(penalty.PenaltyBase), "罚息基数", "principal-and-interest"),
        "day_count": Field(_choice(penalty.DayCount), "计日方式", "actual"),
        "amount": Field(_amount, "还款金额（元）", _OPTIONAL),
        "order": Field(_choice(penalty.AllocationOrder), "冲抵顺序", "per-instalment"),
    }),
    "prepayment": (_prepayment, "提前部分还款（等额本息，当期已还）", {
        "balance": Field(_amount, "贷款余额（元）"), "amount": Field(_amount, "提前还款金额（元）"), "rate": _RATE,
        "months_left": Field(_count, "剩余期数"), "payment": Field(_amount, "现月供（元），缺省按余额计算", _OPTIONAL),
        "mode": Field(_choice(prepayment.PrepaymentMode), "keep-term 减少月供 | shorten 缩短期限", "keep-term"),
    }),
    "payoff": (_payoff, "提前结清应付本息", {
        "balance": Field(_amount, "贷款余额（元）"), "rate": _RATE, "days": Field(_count, "距上次还款日天数"),
    }),
    "offset": (_offset, "按月对冲：依次从各账户扣划", {
        "instalment": Field(_amount, "期供（元）"), "accounts": Field(_list(_amount), "各账户余额，以分号分隔"),
        "retain": Field(_amount, "每户保留额（元）", "0"),
    }),
    "capitals": (_capitals, "大写金额", {"amount": Field(_amount, "金额（元）")}),
    "identity": (_identity, "校验证件号码（结果脱敏）", {"number": Field(_text, "18 位证件号码")}),
}  # fmt: skip


@click.group(help=_("计算器：金额以元、利率以年百分数给出，结果精确到分"))
def calc() -> None:
    """Group of the calculators."""


def _command(name: str, run: Callable[[Inputs], Result], summary: str, fields: dict[str, Field]) -> click.Command:
    def callback(**options: Any) -> None:
        as_json, source = options.pop("as_json"), options.pop("source")
        try:
            given = (
                _read_json(source) if source else {key: value for key, value in options.items() if value is not None}
            )
            result = run(_read_fields(given, fields))
        except AnjuError as error:
            if not as_json:
                raise
            problem = {"code": error.code, "field": error.field, "message": error.message}
            click.echo(json.dumps({"error": problem}, ensure_ascii=False))
            sys.exit(2)
        click.echo(json.dumps(result, ensure_ascii=False, indent=1) if as_json else _table(result))

    options: list[click.Parameter] = [
        click.Option([f"--{key.replace('_', '-')}"], help=_(field.help), default=None) for key, field in fields.items()
    ]
    options.append(
        click.Option(["--input", "source"], type=click.File(encoding="utf-8"), help=_("JSON 输入，- 为标准输入"))
    )
    options.append(click.Option(["--json", "as_json"], is_flag=True, help=_("JSON 输出")))
    return click.Command(name, params=options, callback=callback, help=_(summary))


def _read_json(source: Any) -> Inputs:
    try:
        given = json.loads(source.read(1 << 22))
    except (ValueError, RecursionError) as error:
        raise CalculatorInputError(_("输入不是有效的 JSON（UTF-8）")) from error
    if not isinstance(given, dict):
        raise CalculatorInputError(_("JSON 应为一个对象，键为各字段名"))
    return given


def _read_fields(given: Inputs, fields: Mapping[str, Field]) -> Inputs:
    for name in given:
        if name not in fields:
            raise CalculatorInputError(_("没有这个字段；可用字段：{names}").format(names=", ".join(fields)), field=name)
    values: dict[str, Any] = {}
    for name, field in fields.items():
        value = given.get(name, field.default)
        if value is None:
            raise CalculatorInputError(_("缺少此字段：{help}").format(help=field.help), field=name)
        try:
            values[name] = None if value == _OPTIONAL and field.default == _OPTIONAL else field.read(value)
        except AnjuError as error:
            error.field = error.field or name
            raise
    if "flows" in values:
        values["flows"] = values["flows"] or []
    return values


def _money(record: Any, *names: str) -> dict[str, str]:
    return {name: format_yuan(getattr(record, name), grouping=False) for name in names}


def _table(result: Result) -> str:
    lines = [f"{name:<16} {value}" for name, value in result.items() if not isinstance(value, list)]
    for name, rows in result.items():
        if isinstance(rows, list) and rows:
            lines += ["", name, "  ".join(f"{key:>12}" for key in rows[0])]
            lines += ["  ".join(f"{value!s:>12}" for value in row.values()) for row in rows]
    return "\n".join(lines)


for _name, (_run, _summary, _fields) in _CALCULATORS.items():
    calc.add_command(_command(_name, _run, _summary, _fields))
