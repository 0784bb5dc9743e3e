"""Finding members and units by whatever is at hand: an account number, a document, a phone, a name as written or heard.

Members by beginnings (account number, name, pinyin, initials) or by exact document and phone through their blind
indexes; units by beginnings, by credit code, and by what the name contains. Each way is one walk along an index that is
already in the order of the answer (sql/search.sql), cut off at the limit: its cost does not grow with the register.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.db import connection

from anju.kernel.errors import AnjuError
from anju.kernel.identity import parse_phone, upgrade_15
from anju.kernel.text import clean_name, squeeze
from anju.registry.models import Member, Unit

#: At most so many are shown; whoever finds more types more.
LIMIT = 50
#: A single letter or a digit or two begin everybody's number.
_SHORTEST_NUMBER = 4
#: Sorts behind every continuation of a beginning, in the order of bytes.
_LAST = "\U0010ffff"
_UNIT = "SELECT id FROM registry_unit WHERE number = %(unit)s"
_OFFICE = "SELECT id FROM registry_unit WHERE office = %(office)s"
_LATIN = re.compile(r"[A-Za-z' ]+")


@dataclass(frozen=True, slots=True)
class Members:
    """Members found, at most `LIMIT`, active before closed; `more` when there are others."""

    rows: list[Member]
    more: bool
    #: The number typed is one person's: an account, a document, a phone.
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """Units found, at most `LIMIT`; `more` when there are others."""

    rows: list[Unit]
    more: bool


def find_members(text: str, *, unit: str = "", office: str = "") -> Members:
    """The members that a text may mean, inside a unit (its number) or an office where one is named.

    Raises InvalidValueError for control characters.
    """
    exact = _by_exact(text)
    if exact:
        members = Member.objects.select_related("unit").filter(pk__in=exact)
        members = members.filter(unit__number=unit) if unit else members
        members = members.filter(unit__office=office) if office else members
        rows = sorted(members[: LIMIT + 1], key=lambda member: (member.closed_date is not None, member.number))
        return Members(rows[:LIMIT], len(rows) > LIMIT, exact=True)
    found: dict[int, None] = {}
    for state in ("m.closed_date IS NULL", "m.closed_date IS NOT NULL"):
        for column, beginning in _beginnings(text):
            if len(found) <= LIMIT:
                found |= dict.fromkeys(_walk(column, beginning, state, unit, office))
    by_id = Member.objects.select_related("unit").in_bulk(list(found)[:LIMIT])
    return Members([by_id[pk] for pk in list(found)[:LIMIT]], len(found) > LIMIT)


def find_member(text: str) -> Member | None:
    """The member whose account, document or phone this is; None when it is nobody's, or several persons' phone."""
    exact = _by_exact(text)
    return Member.objects.select_related("unit").get(pk=exact[0]) if len(exact) == 1 else None


def find_units(text: str, *, office: str = "") -> Units:
    """The units that a text may mean: number or credit code, beginning of pinyin or initials, part of the name.

    Raises InvalidValueError for control characters.
    """
    found: dict[int, None] = {}
    with connection.cursor() as cursor:
        for condition, values, order in _unit_ways(text):
            if len(found) > LIMIT:
                break
            query = (
                f"SELECT u.id FROM registry_unit u WHERE {condition} AND (%s = '' OR u.office = %s)"  # noqa: S608 - ours
                f" ORDER BY {order} LIMIT %s"
            )
            cursor.execute(query, [*values, office, office, LIMIT + 1])
            found |= dict.fromkeys(pk for (pk,) in cursor.fetchall())
    by_id = Unit.objects.in_bulk(list(found)[:LIMIT])
    return Units([by_id[pk] for pk in list(found)[:LIMIT]], len(found) > LIMIT)


def _by_exact(text: str) -> list[int]:
    """Ids of the members whose account, document or phone this is."""
    value = squeeze(text).upper()
    if len(value) < _SHORTEST_NUMBER or not any(char.isdigit() for char in value):
        return []
    account = Member.objects.filter(number=value).values_list("pk", flat=True).first()
    if account is not None:
        return [account]
    holders = Member.objects.filter(identity_index__in=_document_numbers(value)).order_by("number")
    found = list(holders.values_list("pk", flat=True)[: LIMIT + 1])
    with suppress(AnjuError):
        phone = Member.objects.filter(phone_index=parse_phone(value)).order_by("closed_date", "number")
        found += [pk for pk in phone.values_list("pk", flat=True)[: LIMIT + 1] if pk not in found]
    return found


def _document_numbers(value: str) -> list[str]:
    """The canonical numbers that may be on record for a document typed as `value`."""
    numbers = [value]
    if re.fullmatch(r"[HM]\d{10}", value, re.ASCII):  # with the count of renewals
        numbers.append(value[:9])
    with suppress(AnjuError):
        numbers.append(upgrade_15(value).value)
    return numbers


def _beginnings(text: str) -> Iterator[tuple[str, str]]:
    """(column, beginning) for each way to read the text."""
    value, name = squeeze(text).upper(), clean_name(text)
    if len(value) >= _SHORTEST_NUMBER and re.fullmatch(r"[A-Z]?\d+", value, re.ASCII):
        yield "number", value
    elif _LATIN.fullmatch(name):
        letters = re.sub(r"[' ]", "", name).lower()
        yield "name_initials", letters
        yield "name_spelling", letters
    elif name and not name.isascii():
        yield "name", name


def _walk(column: str, beginning: str, state: str, unit: str, office: str) -> list[int]:
    """Ids along the column's index. Inside a unit, its members are read instead and sorted: they are few."""
    place = f'm.{column} COLLATE "C"'
    source, within = "registry_member m", ""
    if unit:  # OFFSET 0: the planner must not walk past everybody else's members
        source = f"(SELECT * FROM registry_member WHERE unit_id = ({_UNIT}) OFFSET 0) m"  # noqa: S608 - ours
    if office:  # IS TRUE: looked up while walking, not joined, which would lose the order
        within = f" AND (m.unit_id IN ({_OFFICE})) IS TRUE"
    order = place if column == "number" else f"{place}, m.number"
    query = (
        f"SELECT m.id FROM {source} WHERE {place} BETWEEN %(low)s AND %(high)s AND {state}{within}"  # noqa: S608 - ours
        f" ORDER BY {order} LIMIT %(limit)s"
    )
    values: dict[str, str | int] = {
        "low": beginning,
        "high": beginning + _LAST,
        "unit": unit,
        "office": office,
        "limit": LIMIT + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [pk for (pk,) in cursor.fetchall()]


def _unit_ways(text: str) -> Iterable[tuple[str, list[str], str]]:
    """(condition, its values, order) for each way to read the text, the surest first."""
    value, name = squeeze(text).upper(), clean_name(text)
    if not name:
        return
    if value.isascii():
        yield "u.credit_code = %s", [value], "u.number"
        if any(char.isdigit() for char in value):
            yield 'u.number COLLATE "C" BETWEEN %s AND %s', [value, value + _LAST], 'u.number COLLATE "C"'
    if _LATIN.fullmatch(name):
        letters = re.sub(r"[' ]", "", name).lower()
        for column in ("name_initials", "name_spelling"):
            place = f'u.{column} COLLATE "C"'
            yield f"{place} BETWEEN %s AND %s", [letters, letters + _LAST], f"{place}, u.number"
    if len(name) > 1:
        yield (
            "registry_pairs(u.name) @> registry_pairs(%s) AND strpos(lower(u.name), lower(%s)) > 0",
            [name, name],
            "u.number",
        )
