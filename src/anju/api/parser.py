"""JSON as the API takes it: no NUL, no half characters, no key twice, no number beyond 64 bits, and not deep."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

_DEEPEST = 20
_INT64 = 2**63


class StrictParser(Parser):
    """Refuses with ValueError what the database could not hold or two readers would read in two ways."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value."""
        return parse(request.body)


def parse(body: bytes) -> Any:
    """The value of a JSON text. Raises ValueError, RecursionError."""
    value = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer)
    _check(value, 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(name)


def _integer(text: str) -> int:
    if len(text) > 20 or not -_INT64 <= (value := int(text)) < _INT64:
        raise ValueError("beyond 64 bits")
    return value


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("NUL")
        value.encode("utf-8")  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    elif isinstance(value, dict):
        for name, each in value.items():
            _check(name, depth + 1)
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth + 1)
