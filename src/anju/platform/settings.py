"""Settings of one process, read once from the environment; every error names its variable.

| variable                  | meaning                                                             | default          |
|---------------------------|---------------------------------------------------------------------|------------------|
| ANJU_HOME                 | folder of the embedded server, keys and working files               | ./.anju          |
| ANJU_CENTER               | code of the center: the PostgreSQL schema that holds it             | demo             |
| ANJU_DATABASE_URL         | a real PostgreSQL, as the application role                          | embedded server  |
| ANJU_DATABASE_OWNER_URL   | the same database as the owner role, for migrations                 | embedded server  |
| ANJU_BACKUP_DIR           | folder of the embedded server's backups and archived WAL            | backup in home   |
| ANJU_SECRET_KEY           | signing key of sessions                                             | made in the home |
| ANJU_ALLOWED_HOSTS        | host names that the pages answer to, separated by commas            | this machine     |
| ANJU_HTTPS                | 1 when served behind TLS: secure cookies, HSTS                      | 0                |
| ANJU_LOG_LEVEL            | least level of Anju's log lines: DEBUG, INFO, WARNING, ERROR        | INFO             |
| ANJU_METRICS_TOKEN        | lets other machines read /metrics: Authorization: Bearer <token>    | this machine only |
| ANJU_STAFF_TOTP           | 1: staff sign in with password and one-time code; 0: a test bench   | 1                |
| ANJU_STAFF_IDLE_MINUTES   | minutes without a request after which staff are signed out          | 15               |
| ANJU_PORTAL_IDLE_MINUTES  | the same for unit clerks and members                                | 30               |
| ANJU_OIDC_ISSUER          | address of an OpenID Connect provider for members and unit clerks   | none             |
| ANJU_OIDC_CLIENT_ID       | what that provider calls this center                                | none             |
| ANJU_OIDC_CLIENT_SECRET   | the secret it shares with this center                               | none             |
| ANJU_OIDC_NAME            | the provider's name on the pages: 用{name}登录                      | 统一身份认证     |
| ANJU_OIDC_IDENTITY_CLAIM  | the claim that holds the identity number                            | id_number        |
| ANJU_INSTITUTION          | this center's institution code on the national platforms: 15 digits | 15 zeros |
| ANJU_TRANSFER_URL         | address of the transfer platform (异地转移接续); without it letters wait | none |
| ANJU_BANK_URL             | address of the settlement bank (结算平台); without it receipts come as files only | none |
| ANJU_OIDC_AUDIENCE        | what access tokens of ANJU_OIDC_ISSUER must be meant for; else the API takes none | none |
| ANJU_API_READS_PER_MINUTE | reads of one token within a minute                                  | 300              |
| ANJU_API_WRITES_PER_MINUTE | writes of one token within a minute                                | 60               |
| ANJU_API_ADDRESS_PER_MINUTE | requests to the API from one address within a minute              | 1200             |
| ANJU_CLAMD                | virus scanner of uploads: socket path or host:port of a clamd       | no scanner       |
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

_CENTER_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SettingsError(AnjuError):
    """An environment variable has a value that cannot be used; `field` is its name."""

    code: ClassVar[str] = "SETTINGS"


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """An OpenID Connect provider that vouches for identity numbers."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    identity_claim: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What this process was told by its environment."""

    home: Path
    backup_dir: Path
    center: str
    database_url: str | None
    owner_url: str | None
    allowed_hosts: tuple[str, ...]
    https: bool
    log_level: str
    metrics_token: str | None = field(repr=False)
    staff_totp: bool
    staff_idle_minutes: int
    portal_idle_minutes: int
    openid: OpenIdProvider | None
    oidc_audience: str | None
    api_reads: int
    api_writes: int
    api_address: int
    clamd: str
    institution: str
    transfer_url: str
    bank_url: str

    @property
    def embedded(self) -> bool:
        """True when Anju runs its own PostgreSQL below `home`."""
        return self.database_url is None


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the environment. Raises SettingsError that names the variable."""
    database_url = environ.get("ANJU_DATABASE_URL") or None
    owner_url = environ.get("ANJU_DATABASE_OWNER_URL") or None
    for name, url in (("ANJU_DATABASE_URL", database_url), ("ANJU_DATABASE_OWNER_URL", owner_url)):
        if url is not None:
            _check_url(name, url)
    if owner_url is not None and database_url is None:
        raise SettingsError(_("设置了所有者连接，还须同时设置应用连接"), field="ANJU_DATABASE_URL")
    hosts = environ.get("ANJU_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
    home = Path(environ.get("ANJU_HOME") or ".anju").expanduser().resolve()
    return Settings(
        home=home,
        backup_dir=_backup_dir(environ.get("ANJU_BACKUP_DIR"), home),
        center=_center(environ.get("ANJU_CENTER") or "demo"),
        database_url=database_url,
        owner_url=owner_url,
        allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
        https=_flag(environ, "ANJU_HTTPS"),
        log_level=_level(environ.get("ANJU_LOG_LEVEL") or "INFO"),
        metrics_token=_token(environ.get("ANJU_METRICS_TOKEN") or None),
        staff_totp=_flag(environ, "ANJU_STAFF_TOTP", default="1"),
        staff_idle_minutes=_minutes(environ, "ANJU_STAFF_IDLE_MINUTES", 15),
        portal_idle_minutes=_minutes(environ, "ANJU_PORTAL_IDLE_MINUTES", 30),
        openid=_openid(environ),
        oidc_audience=environ.get("ANJU_OIDC_AUDIENCE") or None,
        api_reads=_count(environ, "ANJU_API_READS_PER_MINUTE", 300),
        api_writes=_count(environ, "ANJU_API_WRITES_PER_MINUTE", 60),
        api_address=_count(environ, "ANJU_API_ADDRESS_PER_MINUTE", 1200),
        clamd=_clamd(environ.get("ANJU_CLAMD") or ""),
        institution=_institution(environ.get("ANJU_INSTITUTION") or "0" * 15),
        transfer_url=_address("ANJU_TRANSFER_URL", environ.get("ANJU_TRANSFER_URL") or ""),
        bank_url=_address("ANJU_BANK_URL", environ.get("ANJU_BANK_URL") or ""),
    )


def secret_key(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """The signing key: from the environment, else made once and kept in the home, readable by its owner only."""
    given = environ.get("ANJU_SECRET_KEY")
    if given:
        if len(given) < 32:
            raise SettingsError(_("密钥至少 32 个字符"), field="ANJU_SECRET_KEY")
        return given
    path = settings.home / "secret_key"
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()


def _backup_dir(given: str | None, home: Path) -> Path:
    folder = Path(given).expanduser().resolve() if given else home / "backup"
    data = home / "postgres"
    if folder == data or data in folder.parents:
        raise SettingsError(_("备份不能放在数据目录 {path} 之内").format(path=data), field="ANJU_BACKUP_DIR")
    return folder


def _center(code: str) -> str:
    if not _CENTER_PATTERN.fullmatch(code) or code.startswith("pg_"):
        raise SettingsError(_("中心代码应为小写字母开头的字母、数字、下划线，最长 40 位"), field="ANJU_CENTER")
    return code


def _check_url(name: str, url: str) -> None:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise SettingsError(_("不是有效的 PostgreSQL 连接地址"), field=name) from error
    missing = [key for key in ("user", "dbname") if not parts.get(key)]
    if missing or not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError(_("连接地址应形如 postgresql://用户:密码@主机:端口/数据库"), field=name)


def _level(name: str) -> str:
    if name not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingsError(_("只能是 DEBUG、INFO、WARNING 或 ERROR"), field="ANJU_LOG_LEVEL")
    return name


def _token(token: str | None) -> str | None:
    if token is not None and len(token) < 16:
        raise SettingsError(_("令牌至少 16 个字符"), field="ANJU_METRICS_TOKEN")
    return token


def _openid(environ: Mapping[str, str]) -> OpenIdProvider | None:
    issuer = environ.get("ANJU_OIDC_ISSUER") or None
    if issuer is None:
        return None
    local = re.match(r"http://(127\.0\.0\.1|localhost)[:/]", issuer)
    if not issuer.startswith("https://") and not local:
        raise SettingsError(_("身份提供方的地址须以 https:// 开头"), field="ANJU_OIDC_ISSUER")
    for name in ("ANJU_OIDC_CLIENT_ID", "ANJU_OIDC_CLIENT_SECRET"):
        if not environ.get(name):
            raise SettingsError(_("设置了身份提供方，还须设置此项"), field=name)
    return OpenIdProvider(
        issuer=issuer.rstrip("/"),
        client_id=environ["ANJU_OIDC_CLIENT_ID"],
        client_secret=environ["ANJU_OIDC_CLIENT_SECRET"],
        name=environ.get("ANJU_OIDC_NAME") or "统一身份认证",
        identity_claim=environ.get("ANJU_OIDC_IDENTITY_CLAIM") or "id_number",
    )


def _minutes(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 480):
        raise SettingsError(_("应为 1 至 480 的整数（分钟）"), field=name)
    return int(text)


def _clamd(address: str) -> str:
    if address and not re.fullmatch(r"/.+|[^/\s]+:[0-9]{1,5}", address):
        raise SettingsError(_("应为 clamd 的套接字路径（以 / 开头）或 主机:端口"), field="ANJU_CLAMD")
    return address


def _flag(environ: Mapping[str, str], name: str, *, default: str = "0") -> bool:
    value = environ.get(name, default)
    if value not in {"0", "1"}:
        raise SettingsError(_("只能是 0 或 1"), field=name)
    return value == "1"


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text):
        raise SettingsError(_("应为 1 至 9999999 的整数"), field=name)
    return int(text)


def _institution(value: str) -> str:
    if len(value) != 15 or not value.isascii() or not value.isdigit():
        raise SettingsError(_("机构代码应为 15 位数字"), field="ANJU_INSTITUTION")
    return value


def _address(name: str, value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise SettingsError(_("地址应以 http:// 或 https:// 开头"), field=name)
    return value
