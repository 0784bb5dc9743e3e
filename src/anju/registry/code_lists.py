"""The code lists of units and persons, read from `code_lists.yaml`: code and title, each list with its source."""

from functools import cache
from pathlib import Path

import yaml

from anju.kernel.identity import DocumentKind

#: Code of the resident identity card in the list of documents.
IDENTITY_CARD = str(DocumentKind.IDENTITY_CARD)


@cache
def code_list(name: str) -> tuple[tuple[str, str], ...]:
    """The (code, title) pairs of a list, in its order."""
    data = yaml.safe_load((Path(__file__).parent / "code_lists.yaml").read_text(encoding="utf-8"))
    return tuple((str(code), str(title)) for code, title in data[name]["codes"].items())


def choices(name: str) -> list[tuple[str, str]]:
    """The list as the choices of a form's field."""
    return list(code_list(name))
