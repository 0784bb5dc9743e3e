"""A bank as a separate process for trials: transfers are ordered from it, and it tells of them as banks do.

POST /transfers orders one (account, payer_name, amount in fen, remark; optional payer_account, serial) with `plan`:
now (default), twice (told twice, under two numbers), late (told when it is next asked after that), lost (the next answer
is cut off half-way). GET /notices?after=N serves what was told. Nothing in it is a real bank's.
"""

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: What the bank may do with a transfer.
PLANS = ("now", "twice", "late", "lost")


class Books:
    """What the bank has told, numbered, and what it will tell later. `today` is the day that it states."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.lock = threading.Lock()
        self.told: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        self.cut = 0
        self.serials = 0

    def transfer(self, order: dict[str, Any]) -> str:
        """Take an order and return its serial. Raises ValueError, KeyError for what is no order."""
        plan, amount = order.get("plan", "now"), order["amount"]
        if plan not in PLANS or not isinstance(amount, int) or amount <= 0:
            raise ValueError("no transfer")
        with self.lock:
            self.serials += 1
            serial = order.get("serial") or f"S{self.today:%Y%m%d}{self.serials:08d}"
            notice = {
                "account": order["account"], "serial": serial, "arrived": self.today.isoformat(),
                "payer_name": order["payer_name"], "payer_account": order.get("payer_account", ""), "amount": amount,
                "remark": order.get("remark", ""),
            }  # fmt: skip
            if plan == "late":
                self.late.append(notice)
                return str(serial)
            self.cut += plan == "lost"
            for _each in range(2 if plan == "twice" else 1):
                self._tell(notice)
        return str(serial)

    def notices(self, after: int) -> tuple[list[dict[str, Any]], bool]:
        """What was told after a number, and whether this answer is to be lost; then the late ones are told."""
        with self.lock:
            answer, lost = [each for each in self.told if each["number"] > after], self.cut > 0
            self.cut -= lost
            for notice in self.late:
                self._tell(notice)
            self.late.clear()
            return answer, lost

    def _tell(self, notice: dict[str, Any]) -> None:
        self.told.append({**notice, "number": len(self.told) + 1})


def serve(port: int, books: Books) -> ThreadingHTTPServer:
    """The bank on a port of this machine; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._say(200, {"serial": books.transfer(order)})
            except (ValueError, KeyError, TypeError, AttributeError):
                self._say(400, {"error": "no transfer"})

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            notices, lost = books.notices(int(asked.get("after", ["0"])[0]))
            self._say(200, notices, cut=lost)

        def _say(self, status: int, content: object, *, cut: bool = False) -> None:
            text = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2] if cut else text)
            self.close_connection = self.close_connection or cut

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Notices name payers: nothing is logged."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
