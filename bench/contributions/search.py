"""Members looked for as a teller types: account numbers, names, beginnings of names, pinyin, initials."""

import random
import time

from bench.contributions import city
from bench.ledger.center import Books
from bench.report import Row

#: At least so many members are looked through.
MEMBERS = 1_000_000
MILLISECONDS = 50
_LOOKS = 1_000


def measure(books: Books) -> Row:
    """The time within which nineteen of twenty looks are answered; every look must find whom it was for."""
    from anju.registry.models import Member
    from anju.registry.search import find_members

    if books.members < MEMBERS:
        books.open_members(MEMBERS)
        city.add_members(books)
    chance, taken = random.Random(20_240_506), []
    low, high = books.number("SELECT min(id) FROM registry_member"), books.number("SELECT max(id) FROM registry_member")
    for place in range(_LOOKS):
        member = Member.objects.filter(pk__gte=chance.randint(low, high)).order_by("pk")[0]
        typed = (member.number, member.name, member.name[:2], member.name_spelling, member.name_initials)[place % 5]
        start = time.perf_counter()
        found = find_members(typed)
        taken.append(time.perf_counter() - start)
        assert found.more or member in found.rows, typed
    p95 = sorted(taken)[_LOOKS * 95 // 100]
    return Row(f"member search among {books.members:,}, p95", p95 * 1_000, None, "ms", MILLISECONDS, False)
