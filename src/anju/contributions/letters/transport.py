"""The platform over HTTP: JSON messages to and from one address, with a time limit and without a proxy."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from anju.contributions.letters.messages import Head

#: Seconds that the platform may take to answer.
TIMEOUT = 10
#: A longer answer is none of the platform's.
_LARGEST = 5 * 1024 * 1024


class HttpTransport:
    """The platform at an address; `own` is this center's institution code."""

    def __init__(self, address: str, *, own: str) -> None:
        self.address, self.own = address.rstrip("/"), own
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, head: Head, body: Mapping[str, str]) -> None:
        """Hand over a message. Raises OSError."""
        content = {
            "TxCode": head.code, "SendNode": head.sender, "ReceiveNode": head.receiver, "SendSeqNo": head.serial,
            "body": dict(body),
        }  # fmt: skip
        request = urllib.request.Request(  # noqa: S310 - the address is the center's own setting
            f"{self.address}/messages", json.dumps(content, ensure_ascii=False).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with self.opener.open(request, timeout=TIMEOUT) as answer:
            answer.read(_LARGEST)

    def fetch(self, after: int) -> list[tuple[int, Head, Mapping[str, Any]]]:
        """Messages for this center after a number. Raises OSError, also for an answer that is no list of messages."""
        with self.opener.open(
            f"{self.address}/messages?node={quote(self.own)}&after={after}", timeout=TIMEOUT
        ) as answer:
            content = answer.read(_LARGEST)
        try:
            return [
                (
                    int(each["number"]),
                    Head(code=each["TxCode"], sender=each["SendNode"], receiver=each["ReceiveNode"], serial=each["SendSeqNo"]),
                    each["body"],
                )
                for each in json.loads(content)
            ]  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise OSError("the platform's answer cannot be read") from error
