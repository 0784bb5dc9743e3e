"""Long lists in pages; a page number outside of the list is an address that does not exist."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a reader stands in a list of `total` rows; `query` is the rest of the address, ending in "&" or empty."""

    page: int
    total: int
    size: int
    query: str = ""

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the page's first row, counted from 1; 0 in an empty list."""
        return min((self.page - 1) * self.size + 1, self.total)

    @property
    def latest(self) -> int:
        """Number of the page's final row."""
        return min(self.page * self.size, self.total)

    @property
    def shown(self) -> list[int | None]:
        """Page numbers to link: the ends and the neighbours, None for a gap."""
        near = {1, self.pages, *range(max(1, self.page - 1), min(self.pages, self.page + 1) + 1)}
        numbers: list[int | None] = []
        for number in sorted(near):
            if numbers and number != (numbers[-1] or 0) + 1:
                numbers.append(None)
            numbers.append(number)
        return numbers

    @property
    def before(self) -> int | None:
        return self.page - 1 if self.page > 1 else None

    @property
    def after(self) -> int | None:
        return self.page + 1 if self.page < self.pages else None


def page_number(request: HttpRequest) -> int:
    """The page asked for, 1 when none is. Raises Http404 for anything but a small positive number."""
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and int(text) > 0):
        raise Http404
    return int(text)


def pager(request: HttpRequest, *, page: int, total: int, size: int) -> Pager:
    """The pager of a list as read. Raises Http404 beyond its end."""
    rest = {name: value for name, value in request.GET.items() if name != "page"}
    result = Pager(page, total, size, f"{urlencode(rest)}&" if rest else "")
    if page > result.pages:
        raise Http404
    return result
