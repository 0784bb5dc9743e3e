"""`anju demo`: a center with a year behind it, served on this machine until Ctrl-C. `anju serve`: the pages alone."""

import contextlib
import errno
import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.embedded import EmbeddedServer
from anju.platform.private_file import replace_private
from anju.platform.settings import Settings, read_settings

YEAR, SCALE, SEED = 2024, 100, 2024
#: Sign-in name, name shown, role and office of the demo's staff.
STAFF = (
    ("director", "演示主任", "director", None),
    ("committee", "演示管委会委员", "committee", None),
    ("accountant", "演示会计", "accountant", None),
    ("teller", "演示柜员", "teller", "shizhi"),
    ("reviewer", "演示复核", "reviewer", "shizhi"),
    ("office_head", "演示管理部主任", "office_head", "shizhi"),
    ("service", "演示客服", "service", None),
    ("auditor", "演示审计", "auditor", None),
    ("system_admin", "演示系统管理员", "system_admin", None),
    ("security_admin", "演示安全管理员", "security_admin", None),
)
#: Sign-in name, name shown and kind of the demo's accounts of the portals.
PORTALS = (
    ("unit", "演示单位经办人", "unit"), ("member", "演示职工", "member"), ("flexible", "演示灵活就业人员", "member"),
)  # fmt: skip


class PortBusyError(AnjuError):
    """Somebody else listens on the port."""

    code = "PORT_BUSY"


@click.command(help=_("演示：合成城市生活一年，然后在本机提供页面，Ctrl-C 停止"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(port: int) -> None:
    """Prepare the demo city when it is not there yet and serve it."""
    started = time.monotonic()
    os.environ.setdefault("ANJU_LOG_LEVEL", "WARNING")  # on a terminal the passwords must not scroll away
    settings = read_settings()
    require_free_port(port)
    with database(settings):
        live_demo_year(settings)
        accounts = demo_accounts(settings)
        demo_policy()
        demo_service()
        click.echo(_("就绪，用时 {seconds:.0f} 秒").format(seconds=time.monotonic() - started))
        click.echo(f"\n  http://127.0.0.1:{port}\n")
        for username, name, *_post in (*STAFF, *PORTALS):
            click.echo(_("  用户 {username:<15} 口令 {password}   {name}").format(
                username=username, password=accounts[username]["password"], name=name))  # fmt: skip
        click.echo(
            _(
                "\n工作人员登录还要一次性验证码：anju code 用户名；单位从 /employer/sign-in/，个人从 /member/sign-in/ 登录"
            )
        )
        click.echo(_("\n按 Ctrl-C 停止。"))
        serve_pages(port)


@click.command(help=_("提供页面（不生成任何数据）"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def serve(port: int) -> None:
    """Serve the pages of the center that the settings name."""
    settings = read_settings()
    require_free_port(port)
    with database(settings):
        from anju.cli.django_setup import ensure

        ensure()
        click.echo(f"http://127.0.0.1:{port}")
        serve_pages(port)


def require_free_port(port: int) -> None:
    """Raise PortBusyError, with a way on, when the port cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise PortBusyError(
                    _("端口 {port} 需要更高权限，请换 1024 以上的端口：make demo PORT=8001").format(port=port)
                ) from error
            raise PortBusyError(
                _("端口 {port} 已被占用。换一个端口：make demo PORT={other}").format(port=port, other=port + 1)
            ) from error


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[None]:
    """The embedded server for as long as the block runs; one that ran before is left running."""
    if not settings.embedded:
        yield
        return
    server = EmbeddedServer(settings.home)
    click.echo(_("启动内置数据库 {path} …").format(path=settings.home))
    started_here, here = server.start(), os.getpid()
    try:
        yield
    finally:
        if started_here and os.getpid() == here:  # a forked page worker that ends passes here too
            server.stop()


def live_demo_year(settings: Settings) -> None:
    """Let the city live its year once; a year that was cut off is wiped and lived anew."""
    from anju.cli.django_setup import ensure

    ensure(migrate=False)
    from anju.city.models import Run
    from anju.platform import schema

    if schema.unknown_migrations() and _is_a_city():
        click.echo(_("演示数据由另一版本生成，清空后重新生成 …"))
        schema.drop()
    schema.prepare()
    run = Run.objects.filter(year=YEAR).first()
    if run is not None and run.finished:
        click.echo(_("演示数据已存在（合成城市 1:{scale}，{year} 年）").format(scale=run.scale, year=run.year))
        return
    if run is not None:
        click.echo(_("上次生成演示数据时中断，清空后重新生成 …"))
        schema.drop()
        schema.prepare()
    click.echo(_("合成城市按 1:{scale} 生活 {year} 年 …").format(scale=SCALE, year=YEAR))
    from anju.city.live import live_year

    live_year(year=YEAR, scale=SCALE, seed=SEED, folder=settings.home / "city" / settings.center, progress=click.echo)


def _is_a_city() -> bool:
    """True when a synthetic city lives in this center: only that may be wiped without asking."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('city_run') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT FROM city_run)")
        return bool(cursor.fetchone()[0])


def demo_accounts(settings: Settings) -> dict[str, dict[str, str]]:
    """Sign-ins of the demo, with passwords and secrets made at random once and kept in the home."""
    from anju.cli.code import demo_accounts as kept_accounts
    from anju.platform.people.organisation import load_organisation
    from anju.platform.people.totp import new_secret

    accounts = kept_accounts(settings)
    names = {name for name, *_post in (*STAFF, *PORTALS)}
    if set(accounts) != names:
        accounts = {name: {"password": secrets.token_urlsafe(9)} for name in names}
        for name, *_post in STAFF:
            accounts[name]["totp"] = new_secret()
        replace_private(settings.home / f"demo-{settings.center}.json", json.dumps(accounts))
    load_organisation()
    for username, shown, role, office in STAFF:
        _account(username, accounts[username], shown=shown, kind="staff", role=role, office=office)
    for username, shown, kind in PORTALS:
        _account(username, accounts[username], shown=shown, kind=kind)
    return accounts


def _account(
    username: str, facts: dict[str, str], *, shown: str, kind: str, role: str | None = None, office: str | None = None
) -> None:
    """An account as the demo wants it, made or put right."""
    from datetime import UTC, datetime

    from anju.platform.models import Kind, Office, Role, User
    from anju.platform.people.operations import open_sign_in, register_person
    from anju.platform.people.second_factor import bind

    user = User.objects.filter(username=username).first()
    if user is None:
        user = open_sign_in(
            username=username, password=facts["password"], person=register_person(name=shown), by="demo",
            at=datetime.now(UTC), kind=Kind(kind), role=Role(role) if role else None,
            office=Office.objects.get(code=office) if office else None,
        )  # fmt: skip
    elif not user.check_password(facts["password"]) or (user.office_id is None) != (office is None):
        user.set_password(facts["password"])
        user.office = Office.objects.get(code=office) if office else None
        user.save()
    if "totp" in facts:
        bind(user=user, secret=facts["totp"])


def demo_policy() -> None:
    """The example center's policy, proposed by one person and approved by another; nothing where it stands already."""
    from django.utils import timezone

    from anju.city.live import CHECKER, MAKER
    from anju.policy_store import operations

    at = timezone.now()
    loaded = operations.load_pack(center="demo", reason=_("演示"), maker=MAKER, at=at)
    if loaded.number is not None:
        operations.approve(proposal=loaded.number, checker=CHECKER, at=at)


def demo_service() -> None:
    """Work for the demo's desks and portals, as of today; made once."""
    from django.utils import timezone

    from anju.city.flexible import flexible_workers
    from anju.city.money import first_night, receive_money
    from anju.city.service import Desk, open_cases
    from anju.platform.models import User
    from anju.registry.queries import units_of

    names = ("teller", "reviewer", "service", "unit", "member")
    desk = Desk(**{name: User.objects.get(username=name) for name in names})
    today = timezone.localdate()
    count = open_cases(desk=desk, today=today, seed=SEED)
    mine = [unit.number for unit in units_of(desk.unit)]
    assert desk.teller.office is not None
    receive_money(office=desk.teller.office.name, sparing=mine, today=today)
    flexible_workers(office=desk.teller.office.name, user=User.objects.get(username="flexible"), today=today)
    first_night(today=today)
    click.echo(_("{count} 件业务在办或已办（合成数据）").format(count=count))


def serve_pages(port: int) -> None:
    """Run gunicorn in this process until it is told to stop, and a worker of background jobs beside it."""
    from django.conf import settings as django_settings
    from django.db import connections
    from gunicorn.app.wsgiapp import WSGIApplication

    from anju.cli.worker import worker_beside

    # Counters of all workers, a file each; set before anything imports the metrics' library, which looks once.
    counters = read_settings().home / "metrics" / str(port)
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counters)
    connections.close_all()  # the workers are forked: each opens connections of its own

    quiet = {
        "gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},  # the request log has them
    }

    class Pages(WSGIApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            options = {
                "bind": f"127.0.0.1:{port}", "workers": 2, "threads": 4, "worker_class": "gthread",
                "loglevel": "warning", "graceful_timeout": 3, "control_socket_disable": True,
                "logconfig_dict": {**django_settings.LOGGING, "loggers": {**django_settings.LOGGING["loggers"], **quiet}},
            }  # fmt: skip
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)
            self.app_uri = "anju.web.wsgi:application"

    with worker_beside():
        Pages(prog="anju").run()
