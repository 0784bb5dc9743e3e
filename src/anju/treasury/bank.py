"""The settlement bank over HTTP (结算平台): notices of money received (SBDC100), each handed on once, in their order."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol

from django.db import transaction

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.kernel.money import Fen
from anju.platform.models import CenterFact
from anju.treasury.models import BankAccount, BankRefusal

#: Under which name the center remembers the latest notice that it worked.
LATEST = "bank-latest"
#: Seconds that the bank may take to answer.
TIMEOUT = 10
#: A longer answer is none of the bank's.
_LARGEST = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BankNotice:
    """Money received, as the bank tells it: `number` counts its notices, `account` is our code of the account, fen."""

    number: int
    account: str
    serial: str
    arrived: date
    payer_name: str
    amount: Fen
    payer_account: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Polled:
    """Notices handed on now, and refused."""

    taken: int
    refused: int


#: Books a notice on the ledger account that it is for.
Take = Callable[[BankNotice, int], object]


class Bank(Protocol):
    """Where notices come from."""

    def notices(self, after: int) -> list[BankNotice]:
        """Notices with a number above `after`, in order. Raises OSError."""


class HttpBank:
    """The bank at an address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def notices(self, after: int) -> list[BankNotice]:
        """Notices after a number. Raises OSError, also for an answer that is no list of notices."""
        with self.opener.open(f"{self.address}/notices?after={after}", timeout=TIMEOUT) as answer:
            content = answer.read(_LARGEST)
        try:
            return sorted((_notice(each) for each in json.loads(content)), key=lambda each: each.number)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OSError("the bank's answer cannot be read") from error


def poll(*, bank: Bank, take: Take) -> Polled:
    """Hand every new notice to `take`, with the ledger account that it is for; how many were taken, and refused.

    A notice and the mark that it is worked commit together, so a poll that is cut off goes on where it stopped, and two
    polls at once work each notice once. What `take` refuses (AnjuError) is kept as a BankRefusal and holds up no other.
    Raises OSError when the bank cannot be asked; nothing is lost by that.
    """
    CenterFact.objects.get_or_create(key=LATEST, defaults={"value": 0})
    latest = int(CenterFact.objects.get(key=LATEST).value)
    taken = refused = 0
    for notice in bank.notices(latest):
        done = _work(notice, take)
        taken, refused = taken + (done is True), refused + (done is False)
    return Polled(taken, refused)


@transaction.atomic
def _work(notice: BankNotice, take: Take) -> bool | None:
    """Work one notice; None when it was worked before."""
    fact = CenterFact.objects.select_for_update().get(key=LATEST)
    if notice.number <= int(fact.value):
        return None
    fact.value = notice.number
    fact.save(update_fields=["value"])
    try:
        with transaction.atomic():
            take(notice, account_of(notice.account))
    except AnjuError as error:
        BankRefusal.objects.create(
            number=notice.number, account=notice.account[:30], serial=notice.serial[:40], amount=notice.amount,
            arrived_date=notice.arrived, code=error.code, message=error.message[:200], content=_kept(notice),
        )  # fmt: skip
        return False
    return True


class UnknownAccountError(AnjuError):
    """A notice for an account that the center does not keep."""

    code = "BANK_ACCOUNT_UNKNOWN"


def account_of(code: str) -> int:
    """The ledger account behind the code of a demand account. Raises UnknownAccountError."""
    found = BankAccount.objects.filter(code=code, matures_date=None).first()
    if found is None:
        raise UnknownAccountError(_("没有代码为 {code} 的活期专户，请核对").format(code=code), field="account")
    return found.account_id


def kept_notice(content: str) -> BankNotice:
    """The notice that a refusal kept."""
    return _notice(json.loads(content))


def _kept(notice: BankNotice) -> Any:
    told = {**asdict(notice), "arrived": notice.arrived.isoformat()}
    return json.dumps(told, ensure_ascii=False)


def _notice(each: Any) -> BankNotice:
    return BankNotice(
        number=int(each["number"]), account=each["account"], serial=each["serial"],
        arrived=date.fromisoformat(each["arrived"]), payer_name=each["payer_name"], amount=int(each["amount"]),
        payer_account=each.get("payer_account", ""), remark=each.get("remark", ""),
    )  # fmt: skip
