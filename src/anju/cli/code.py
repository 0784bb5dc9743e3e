"""`anju code NAME`: the one-time code of an account of the demo, as a phone would show it."""

import json
from datetime import UTC, datetime

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.people.totp import code_of, seconds_left, step_at
from anju.platform.settings import Settings, read_settings


class NoDemoAccountError(AnjuError):
    """No demo here, or it has no such account, or one without a code."""

    code = "NO_DEMO_ACCOUNT"


@click.command(help=_("演示账号的一次性验证码（仅限 anju demo 生成的账号）"))
@click.argument("name")
def code(name: str) -> None:
    """Print six digits and how long they are shown."""
    now = datetime.now(UTC)
    secret = demo_accounts(read_settings()).get(name, {}).get("totp")
    if not secret:
        raise NoDemoAccountError(_("演示没有这个账号，或它不用验证码；请先运行 anju demo"), field="NAME")
    click.echo(_("{code}  还有 {seconds} 秒").format(code=code_of(secret, step_at(now)), seconds=seconds_left(now)))


def demo_accounts(settings: Settings) -> dict[str, dict[str, str]]:
    """Sign-in name → password and, for staff, the secret of its codes; empty without a demo."""
    path = settings.home / f"demo-{settings.center}.json"
    if not path.exists():
        return {}
    accounts: dict[str, dict[str, str]] = json.loads(path.read_text())
    whole = all(isinstance(facts, dict) for facts in accounts.values())
    return accounts if whole else {}  # an earlier version kept passwords alone
