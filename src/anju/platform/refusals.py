"""The database's refusals told as typed errors: a constraint or SQLSTATE that a room knows becomes the room's own error."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import Error
from psycopg import Error as DriverError

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

#: Constraint name or SQLSTATE → error, field that it names, sentence.
Refusals = Mapping[str, tuple[type[AnjuError], str, str]]


@contextmanager
def told(refusals: Refusals) -> Iterator[None]:
    """Raise the typed error of a refusal inside the block; refusals that are not in the table pass unchanged."""
    try:
        yield
    except Error as error:
        cause = error.__cause__
        if not isinstance(cause, DriverError):
            raise
        known = refusals.get(cause.diag.constraint_name or "") or refusals.get(cause.sqlstate or "")
        if known is None:
            raise
        kind, field, message = known
        raise kind(_(message), field=field) from None
