"""Another center and the platform between, as a separate process for trials: it answers letters as a center would.

`plan` says what it does to the next letters: pay (default), refuse, short (a fen too little), twice (every answer
twice), lost (the answer to a sender is cut off after it was taken). No real center's data is in it.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Institution code of the made-up partner.
PARTNER = "999900000000000"


class Platform:
    """Messages by receiver, numbered as they came, and the partner's own books."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.messages: list[dict[str, Any]] = []
        self.seen: set[tuple[str, str]] = set()
        self.accounts: dict[str, dict[str, str]] = {}
        self.plan: list[str] = []
        self.serial = 0

    def take(self, message: dict[str, Any]) -> str:
        """Take a message for the partner, once; what the plan says of it."""
        key = (message["SendNode"], message["SendSeqNo"])
        with self.lock:
            if key in self.seen:
                return "pay"
            self.seen.add(key)
            plan = self.plan.pop(0) if self.plan else "pay"
            self._answer(message, plan)
            return plan

    def fetch(self, node: str, after: int) -> list[dict[str, Any]]:
        """Messages for a center after a number."""
        with self.lock:
            return [each for each in self.messages if each["ReceiveNode"] == node and each["number"] > after]

    def tell(self, receiver: str, code: str, body: Mapping[str, str], *, again: bool = False) -> None:
        """The partner sends a message; `again`: under the same serial once more, as networks do."""
        self.serial += 0 if again else 1
        self.messages.append(
            {
                "number": len(self.messages) + 1, "TxCode": code, "SendNode": PARTNER, "ReceiveNode": receiver,
                "SendSeqNo": f"P{self.serial:012d}", "body": dict(body),
            }
        )  # fmt: skip

    def _answer(self, message: dict[str, Any], plan: str) -> None:
        body, to = message["body"], message["SendNode"]
        if message["TxCode"] == "BDC901" and body["TxFunc"] == "0":
            self.tell(to, "BDC901", {"ConNum": body["ConNum"], "TxFunc": "1"})
            self._pay(to, body["ConNum"], plan)
        elif message["TxCode"] == "BDC905" and body["TxFunc"] == "0":
            self.tell(to, "BDC905", {"ConNum": body["ConNum"], "TxFunc": "2"})
        if plan == "twice":
            for each in list(self.messages[-2:]):
                self.messages.append({**each, "number": len(self.messages) + 1})

    def _pay(self, to: str, number: str, plan: str) -> None:
        if plan == "refuse":
            self.tell(to, "BDC905", {"ConNum": number, "TxFunc": "1", "Reason": "账户未封存"})
            return
        account = self.accounts.get(number) or {"OrAcctAmt": "20120.77", "Yinter": "101.47", "TranAmt": "20222.24"}
        facts = {"OpenDate": "2019-05-06", "PaidMonth": "2025-09", "SixFlag": "1", "LoanNum": "0", "LoanFlag": "0",
                 "FraudFlag": "0"}  # fmt: skip
        self.tell(to, "BDC905", {"ConNum": number, "TxFunc": "0", **account, **facts})


def serve(port: int, platform: Platform | None = None) -> ThreadingHTTPServer:
    """The platform and the partner on a port of this machine; port 0 takes a free one."""
    books = platform or Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/plan":
                books.plan += content
            elif self.path == "/tell":
                books.tell(content["ReceiveNode"], content["TxCode"], content["body"])
            elif books.take(content) == "lost":
                self.close_connection = True
                self.connection.close()
                return
            self._say({})

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self._say(books.fetch(asked["node"][0], int(asked["after"][0])))

        def _say(self, content: object) -> None:
            text = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Letters hold identity numbers: nothing is logged."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
