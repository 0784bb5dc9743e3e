"""A bank in another thread, for tests: transfers are ordered from it, and it tells of them when it is asked."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from anju.treasury.bank_sandbox import Books, serve


@contextmanager
def a_bank_serving(today: date) -> Iterator[str]:
    """The address of a bank whose day is `today`."""
    server = serve(0, Books(today))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def order(address: str, account: str, amount: int, **more: object) -> str:
    """Have the bank transfer `amount` fen to our account of that code; the bank's serial number."""
    content = {"account": account, "payer_name": "不相干", "amount": amount, **more}
    request = urllib.request.Request(f"{address}/transfers", json.dumps(content).encode())
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read())["serial"]
