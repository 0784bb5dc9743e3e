"""What tests of the portals share: sign-ins with their accounts, and forms sent as a browser sends them."""

import re
import uuid
from html import unescape

from django.test import Client

from anju.cases.models import Case
from anju.kernel.periods import Month
from anju.platform.people.models import Kind, User
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.models import MemberSignIn, Unit, UnitAgent
from anju.registry.operations import NewUnit, register_units
from item_walk import DAY, a_member, serial
from item_walk import credit_code as new_credit_code
from sign_ins import AT


def a_unit(name: str = "洞庭测试单位") -> Unit:
    number = f"7{serial()}"
    register_units(
        units=[
            NewUnit(
                number=number, name=name, credit_code=new_credit_code(), office="市直", sector="机关",
                unit_ratio=80_000, person_ratio=80_000, opened=DAY, paid_to=Month(2026, 4),
            )
        ]
    )  # fmt: skip
    return Unit.objects.get(number=number)


def a_sign_in(kind: Kind, *, password: str | None = None, phone: str | None = None, name: str = "周小乔") -> User:
    return open_sign_in(
        username=f"u{uuid.uuid4().hex[:12]}", password=password, person=register_person(name=name, phone=phone),
        by="tests", at=AT, kind=kind,
    )  # fmt: skip


def clerk(*units: Unit, **facts) -> User:
    """A unit clerk who acts for these units."""
    user = a_sign_in(Kind.UNIT, **facts)
    for unit in units:
        UnitAgent.objects.create(user=user, unit=unit, since=DAY)
    return user


def member_user(**facts) -> User:
    """A member's sign-in with an account of its own."""
    user = a_sign_in(Kind.MEMBER, **facts)
    MemberSignIn.objects.create(user=user, member=a_member())
    return user


class Walk:
    """A visitor with a browser in one of the portals; sends the forms that pages show, with what they hide."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        self.prefix = {Kind.UNIT: "employer", Kind.MEMBER: "member"}[Kind(user.kind)]
        self.client.force_login(user)

    def get(self, path: str, *, status: int = 200) -> str:
        """Text of a page of the portal; `path` begins after the prefix, or with "/"."""
        return self._text(self.client.get(self._address(path), follow=True), status)

    def send(self, path: str, *, status: int = 200, page: str | None = None, **typed) -> str:
        """Open the page (or `page`), fill in, send to `path`; the text of where it leads."""
        hidden = hidden_inputs(self.get(page or path))
        return self.post(path, {**hidden, **typed}, status=status)

    def post(self, path: str, fields: dict, *, status: int = 200) -> str:
        return self._text(self.client.post(self._address(path), fields, follow=True), status)

    def start(self, item: str, **typed) -> Case:
        """Begin an application as the item's page offers it."""
        page = self.get(f"items/{item}/")
        self.post(f"items/{item}/start/", {**hidden_inputs(page), **typed})
        assert self.at.endswith("/tasks/"), self.at
        return Case.objects.get(number=self.at.split("/")[3])

    def _address(self, path: str) -> str:
        return path if path.startswith("/") else f"/{self.prefix}/{path}"

    def _text(self, response, status: int) -> str:
        self.at = response.redirect_chain[-1][0] if response.redirect_chain else response.request["PATH_INFO"]
        assert response.status_code == status, (self.at, response.status_code)
        if response.streaming:
            return b"".join(response.streaming_content).decode("latin-1")
        return unescape(response.content.decode())


def hidden_inputs(page: str) -> dict[str, str]:
    """Names and values of the hidden inputs of a page."""
    return dict(re.findall(r'<input type="hidden" name="(?!csrf)([^"]+)" value="([^"]*)"', page))
