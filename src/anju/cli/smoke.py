"""`anju smoke`: the demo from nothing, its pages asked for over HTTP, then stopped as Ctrl-C stops it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import click

from anju.cli.code import demo_accounts
from anju.kernel.i18n import gettext as _
from anju.platform.people.totp import code_of, step_at
from anju.platform.settings import read_settings

_TIMEOUT = 240
_YEAR_PAGES = ("/", "/trial-balance/", "/annex-2/")


class SmokeFailedError(RuntimeError):
    """A page or the command did not do what it should."""


@click.command(help=_("冒烟检查：从零生成演示数据，逐页访问，再停止；成功退出码 0，失败 1"))
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True)
def smoke(port: int) -> None:
    """Run the demo in a home of its own and check it from outside."""
    home = read_settings().home / "smoke"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    log = home / "demo.log"
    environment = {**os.environ, "ANJU_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "anju.cli", "demo", "--port", str(port)]
    with log.open("w") as output:
        demo = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)  # noqa: S603 - ourselves
    try:
        _check(f"http://127.0.0.1:{port}", demo, log)
    except (SmokeFailedError, URLError) as error:
        click.echo(log.read_text())
        click.echo(_("失败：{error}").format(error=error), err=True)
        raise SystemExit(1) from error
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=30)
    if (home / "postgres" / "postmaster.pid").exists():
        click.echo(_("失败：停止演示后数据库仍在运行"), err=True)
        raise SystemExit(1)
    click.echo(_("冒烟检查通过"))


def _check(address: str, demo: "subprocess.Popen[bytes]", log: Path) -> None:
    started = time.monotonic()
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    while not _answers(opener, f"{address}/health/ready"):
        if demo.poll() is not None or time.monotonic() - started > _TIMEOUT:
            raise SmokeFailedError(_("演示没有就绪"))
        time.sleep(0.5)
    click.echo(_("演示就绪，{seconds:.0f} 秒").format(seconds=time.monotonic() - started))
    _sign_in(opener, address, demo_accounts(replace(read_settings(), home=log.parent))["accountant"])
    for path in _YEAR_PAGES:
        page = _get(opener, address + path)
        if "<h1" not in page or 'name="password"' in page:
            raise SmokeFailedError(_("{path} 没有内容").format(path=path))
        click.echo(f"200 {path}")


def _sign_in(opener: OpenerDirector, address: str, account: dict[str, str]) -> None:
    """The password, then the code."""
    code = code_of(account["totp"], step_at(datetime.now(UTC)))
    for path, fields in (
        ("/sign-in/", {"username": "accountant", "password": account["password"]}),
        ("/sign-in/code/", {"code": code}),
    ):
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', _get(opener, address + path))
        if token is None:
            raise SmokeFailedError(_("登录页没有表单"))
        form = urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        with opener.open(address + path, form, timeout=30):
            pass


def _answers(opener: OpenerDirector, url: str) -> bool:
    try:
        return bool(_get(opener, url))
    except URLError:
        return False


def _get(opener: OpenerDirector, url: str) -> str:
    with opener.open(url, timeout=30) as response:
        text: str = response.read().decode()
        return text
