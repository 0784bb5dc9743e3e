"""缴存基数年度调整 from a checked list: one statement for however many members."""

from datetime import date, datetime

from django.db import connection, transaction

from anju.contributions.models_sheets import Sheet
from anju.kernel.periods import Month
from anju.registry.changes import keep
from anju.registry.models import ChangeKind
from anju.registry.operations import month_number

#: The year of bases begins in July (基数年度), as the interest year does.
FIRST_OF_YEAR = 7


def year_of(month: Month) -> tuple[int, int]:
    """First and last month (yyyymm) of the year of bases that holds a month."""
    year = month.year if month.number >= FIRST_OF_YEAR else month.year - 1
    return year * 100 + FIRST_OF_YEAR, (year + 1) * 100 + FIRST_OF_YEAR - 1


def adjusted_this_year(*, sheet: Sheet, first_month: Month) -> int:
    """How many members of the list were adjusted in that year already; the base that an account opens with is none."""
    first, last = year_of(first_month)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM contributions_sheetrow r WHERE r.sheet_id = %s AND EXISTS (SELECT FROM registry_memberbase b"
            " WHERE b.member_id = r.member_id AND b.first_month BETWEEN %s AND %s AND b.case_number LIKE 'U04%%')",
            [sheet.pk, first, last],
        )
        found: int = cursor.fetchone()[0]
    return found


@transaction.atomic
def adjust_from_sheet(
    *, sheet: Sheet, first_month: Month, case: str, business_date: date, actor: str, at: datetime
) -> int:
    """Give the list's members their new bases from a month on; how many. The same case again changes nothing more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (
                SELECT member_id, base FROM contributions_sheetrow WHERE sheet_id = %(sheet)s ORDER BY member_id
            ), kept AS (
                INSERT INTO registry_memberbase (member_id, first_month, amount, case_number)
                SELECT member_id, %(month)s, base, %(case)s FROM wanted
                ON CONFLICT (member_id, first_month) DO UPDATE SET amount = EXCLUDED.amount, case_number = EXCLUDED.case_number
            ), changed AS (
                UPDATE registry_member m SET base = w.base FROM wanted w WHERE m.id = w.member_id RETURNING 1
            )
            SELECT count(*) FROM changed
            """,
            {"sheet": sheet.pk, "month": month_number(first_month), "case": case},
        )
        changed: int = cursor.fetchone()[0]
    after = {"sheet": sheet.number, "members": str(changed), "first_month": str(first_month)}
    keep(ChangeKind.UNIT_BASES, sheet.unit.number, {}, after, business_date, actor, at, case)
    return changed
