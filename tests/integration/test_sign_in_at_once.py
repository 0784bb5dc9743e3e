"""What works once works once, and what has five tries has five, however many try at the same time."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from anju.platform.people import second_factor, totp
from anju.registry.models import MemberActivation
from anju.registry.sign_ins import ActivationError, issue_activation, sign_up_member
from sign_ins import AT, PASSWORD, new_member, staff

pytestmark = pytest.mark.usefixtures("own_center", "center")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def at_once(act: Callable[[], bool]) -> list[bool]:
    def one() -> bool:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return sorted(each.result() for each in [pool.submit(one) for _each in range(8)])


def test_a_one_time_code():
    user = staff(f"at-once-{secrets.token_hex(4)}", "teller")
    second_factor.bind(user=user, secret=SECRET)
    code = totp.code_of(SECRET, totp.step_at(AT))
    results = at_once(lambda: second_factor.accept_code(user=user, code=code, at=AT) is not None)
    assert results == [False] * 7 + [True]


def test_a_recovery_code():
    user = staff(f"at-once-{secrets.token_hex(4)}", "teller")
    first = totp.code_of(SECRET, totp.step_at(AT))
    code = second_factor.set_up(user=user, secret=SECRET, code=first, at=AT)[4]
    results = at_once(lambda: second_factor.accept_code(user=user, code=code, at=AT) is not None)
    assert results == [False] * 7 + [True]


def test_the_tries_of_an_activation_code():
    member = new_member()
    issue_activation(member=member, by="t", at=AT)

    def guess() -> bool:
        with pytest.raises(ActivationError):
            sign_up_member(number=member.number, code="WRONG", username=secrets.token_hex(6), password=PASSWORD, at=AT)
        return True

    assert all(at_once(guess))
    assert MemberActivation.objects.get(member=member).tries == 5


def test_an_activation_code():
    member = new_member()
    code = issue_activation(member=member, by="t", at=AT)

    def sign_up() -> bool:
        try:
            sign_up_member(
                number=member.number, code=code, username=f"m-{secrets.token_hex(6)}", password=PASSWORD, at=AT
            )
        except ActivationError:
            return False
        return True

    assert at_once(sign_up) == [False] * 7 + [True]
