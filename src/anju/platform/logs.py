"""Log lines: one JSON object each on stderr, with the request they belong to and without personal data.

    {"time": "…Z", "level": "INFO", "logger": "anju.web.request_log", "message": "…", "request_id": "…", …}

Only the facts named here get into a line, whatever a caller hands to `extra`; people are user ids, pages are route
templates. Every text is redacted before it is written.
"""

import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from pythonjsonlogger.json import JsonFormatter

from anju.platform.redaction import redact

#: The request being answered in this thread, empty outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")
_FACTS = ("user_id", "method", "path", "status", "duration_ms")


class PrivateJsonFormatter(JsonFormatter):
    """The one formatter of all log lines."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False)

    def format(self, record: logging.LogRecord) -> str:
        """Format a line. Arguments that do not fit must not reach logging's own report, which shows them as they are."""
        try:
            return super().format(record)
        except (TypeError, ValueError, KeyError) as error:
            facts = {"msg": f"unformattable: {record.msg}", "name": record.name, "levelname": record.levelname}
            return super().format(logging.makeLogRecord({**facts, "problem": error}))

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Choose what a line holds."""
        written_at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data.update(
            time=written_at.replace("+00:00", "Z"),
            level=record.levelname,
            logger=record.name,
            message=redact(_without_address(record)),
        )
        if request_id.get():
            log_data["request_id"] = request_id.get()
        log_data.update({name: getattr(record, name) for name in _FACTS if getattr(record, name, None) is not None})
        for name in ("exc_info", "stack_info"):
            if message_dict.get(name):
                log_data[name] = redact(str(message_dict[name]))


def route_of(request: HttpRequest) -> str:
    """The template of the page asked for ("members/<slug:number>/"): an address may hold numbers, its template none."""
    match = request.resolver_match
    return match.route if match else "unmatched"


def _without_address(record: logging.LogRecord) -> str:
    """The message; Django's own lines name the address, here the template stands for it."""
    message = record.getMessage()
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and len(request.path) > 1:
        message = message.replace(request.path, route_of(request))
    return message
