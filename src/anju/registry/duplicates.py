"""Who is entered twice: the same document, an older form of its number, a namesake born on the same day, a shared phone.

The first two are one person for certain. The others are remarks for whoever decides; nothing here names another unit.
"""

from datetime import date

from anju.kernel.errors import AnjuError
from anju.kernel.identity import Document, DocumentKind, old_form, parse_identity_number
from anju.registry.models import Member

#: A family may share a phone; more persons on one number are worth a look.
PHONE_SHARED_BY = 3
#: Of so many namesakes the documents are opened; a name that is commoner says nothing.
_NAMESAKES = 500


def account_of(document: Document, *, but: int | None = None) -> Member | None:
    """The open account of the holder of a document; found by its old 15-digit number too.

    `but` is a member (id) who is not meant.
    """
    numbers = [document.value]
    if document.kind == DocumentKind.IDENTITY_CARD and (old := old_form(document.value)) is not None:
        numbers.append(old)
    found = Member.objects.select_related("unit").filter(identity_index__in=numbers, closed_date=None)
    if document.kind != DocumentKind.IDENTITY_CARD:  # other numbers are given by many countries
        found = found.filter(document_type=document.kind, document_country=document.country)
    found = found if but is None else found.exclude(pk=but)
    return found.order_by("number").first()


def namesakes(*, name: str, birth_date: date, but: str) -> list[str]:
    """Account numbers of members of this name and birth date whose identity number is not `but`: perhaps one person."""
    members = Member.objects.filter(name=name, document_type=DocumentKind.IDENTITY_CARD).order_by("number")
    return [
        member.number
        for member in members[:_NAMESAKES]
        if _born(member.identity) == birth_date and member.identity not in (but, old_form(but))
    ]


def persons_with_phone(phone: str) -> int:
    """How many members have this phone, accounts that are closed left out."""
    return Member.objects.filter(phone_index=phone, closed_date=None).count()


def _born(number: str) -> date | None:
    try:
        return parse_identity_number(number).birth_date
    except AnjuError:
        return None
