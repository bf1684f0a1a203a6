"""Every setting of the system: name, default, help. Read once, from the environment and from `.env`."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from dotenv import dotenv_values

from casework.enums import ROLES
from casework.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent


class Setting(NamedTuple):
    """One line of the settings table."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("PORT", "8000", "Port for borgernes og personalets sider"),
    Setting("VEJVISER_ENV", "demo", "`demo` eller `production`; production afviser usikre indstillinger"),
    Setting("VEJVISER_DATA_DIR", "var", "Mappe til database, model og hemmelig nøgle"),
    Setting("VEJVISER_DATABASE_URL", "", "Database; tom er SQLite i datamappen, ellers `postgresql://…`"),
    Setting("VEJVISER_REDIS_URL", "", "Redis til fælles låse og grænser, når flere servere kører; tom er én server"),
    Setting(
        "VEJVISER_SECRET_KEY", "", "Mindst 32 tegn; krypterer og underskriver. Tom i demo: laves og gemmes i datamappen"
    ),
    Setting("VEJVISER_TODAY", "", "Fast dato `ÅÅÅÅ-MM-DD` til prøver og fremvisning; afvises i production"),
    Setting("VEJVISER_RASA_PORT", "5005", "Rasas port (kun loopback)"),
    Setting("VEJVISER_ACTIONS_PORT", "5055", "Handlingsserverens port (kun loopback)"),
    Setting(
        "VEJVISER_RASA_TIMEOUT", "15", "Sekunder, en borger højst venter på et svar, før telefon og formular vises"
    ),
    Setting("VEJVISER_CHAT_LIMIT", "60 per minute", "Beskeder fra én adresse, før den bedes vente"),
    Setting("VEJVISER_SMTP_URL", "", "Mailserver, `smtp://bruger:kode@vært:port` eller `smtps://…`; tom er ingen mail"),
    Setting("VEJVISER_MAIL_FROM", "", "Afsender af mail; tom er brugeren i VEJVISER_SMTP_URL"),
    Setting("VEJVISER_PUBLIC_URL", "", "Adressen, borgerne bruger, til links i mail; tom er ingen links i production"),
    Setting(
        "VEJVISER_CALENDAR_HOSTS",
        "",
        "Servere på eget net, som rådgiverens anden kalender må hentes fra (`vært` eller `vært:port`, komma imellem); "
        "tom er ingen",
    ),
    Setting(
        "VEJVISER_WIDGET_ORIGINS",
        "",
        "Sider, der må vise chatten i en ramme (`https://vært`, komma imellem); tom er ingen",
    ),
    Setting("VEJVISER_METRICS_TOKEN", "", "Nøgle til `/metrics` udefra; tom er kun loopback"),
    Setting("VEJVISER_KEEP_CONVERSATIONS_DAYS", "90", "Dage, en samtale eller et møde uden sag gemmes bagefter"),
    Setting("VEJVISER_KEEP_CASES_MONTHS", "60", "Måneder, en sag gemmes med navn og tekst, efter den er afsluttet"),
    Setting("VEJVISER_KEEP_LOGS_MONTHS", "24", "Måneder, det gemmes, hvem der har læst hvad"),
    Setting(
        "VEJVISER_BACKUP_DIR",
        "",
        "Mappe til sikkerhedskopier, på en anden disk end data; her står også en kopi af sletteloggen. Tom er ingen",
    ),
    Setting("VEJVISER_BACKUP_MAX_AGE", "7", "Dage, den nyeste sikkerhedskopi højst må være gammel, før doctor advarer"),
    Setting("VEJVISER_TRUSTED_PROXIES", "0", "Antal omvendte proxyer foran, hvis X-Forwarded-For må tros"),
    Setting("VEJVISER_SESSION_IDLE", "30", "Minutter uden brug, før personalet skal logge ind igen"),
    Setting("VEJVISER_SESSION_HOURS", "8", "Timer, et login højst gælder"),
    Setting(
        "VEJVISER_TOTP",
        "",
        "Totrinslogin for rådgivere og administratorer: `required` eller `optional`; "
        "tom er `required` i production og `optional` i demo",
    ),
    Setting("VEJVISER_LOCAL_LOGIN", "true", "`false` slukker for egne adgangskoder, så kun kommunens login virker"),
    Setting("VEJVISER_OIDC_ISSUER", "", "Kommunens login (OpenID Connect): udstederens adresse; tom er slået fra"),
    Setting("VEJVISER_OIDC_CLIENT_ID", "", "Vejvisers navn hos kommunens login"),
    Setting("VEJVISER_OIDC_CLIENT_SECRET", "", "Vejvisers hemmelighed hos kommunens login"),
    Setting("VEJVISER_OIDC_ROLE_CLAIM", "roles", "Hvor i kommunens login rollen står; punktum går et niveau ned"),
    Setting(
        "VEJVISER_OIDC_ROLES",
        "",
        "Hvilken rolle en værdi giver: `værdi=adviser; anden værdi=reader`; tom lader kun oprettede brugere ind",
    ),
)


class Smtp(NamedTuple):
    """Where mail is handed over. `tls`: from the first byte on (smtps); else it is begun when the server offers it."""

    host: str
    port: int
    user: str
    password: str
    tls: bool


class Settings:
    """The values in force. Build one with `Settings.read`; the running system shares `current()`."""

    def __init__(self, values: dict[str, str]) -> None:
        self.port = _number(values, "PORT", 1, 65535)
        self.env = values["VEJVISER_ENV"]
        if self.env not in ("demo", "production"):
            raise ConfigurationError("VEJVISER_ENV skal være demo eller production")
        self.data_dir = (ROOT / values["VEJVISER_DATA_DIR"]).resolve()
        self.database_url = _database_url(values["VEJVISER_DATABASE_URL"], self.data_dir)
        self.redis_url = values["VEJVISER_REDIS_URL"]
        self.today = _date(values["VEJVISER_TODAY"])
        self.rasa_port = _number(values, "VEJVISER_RASA_PORT", 1, 65535)
        self.actions_port = _number(values, "VEJVISER_ACTIONS_PORT", 1, 65535)
        self.rasa_timeout = _number(values, "VEJVISER_RASA_TIMEOUT", 1, 120)
        self.chat_limit = values["VEJVISER_CHAT_LIMIT"]
        self.metrics_token = values["VEJVISER_METRICS_TOKEN"]
        self.smtp = _smtp(values["VEJVISER_SMTP_URL"])
        self.mail_from = _mail_from(values["VEJVISER_MAIL_FROM"], self.smtp)
        self.public_url = values["VEJVISER_PUBLIC_URL"].rstrip("/") or (
            "" if self.production else f"http://127.0.0.1:{self.port}"
        )
        self.calendar_hosts = tuple(
            h.strip().lower() for h in values["VEJVISER_CALENDAR_HOSTS"].split(",") if h.strip()
        )
        self.widget_origins = _origins(values["VEJVISER_WIDGET_ORIGINS"], self.production)
        self.keep_conversations_days = _number(values, "VEJVISER_KEEP_CONVERSATIONS_DAYS", 1, 3650)
        self.keep_cases_months = _number(values, "VEJVISER_KEEP_CASES_MONTHS", 1, 360)
        self.keep_logs_months = _number(values, "VEJVISER_KEEP_LOGS_MONTHS", 1, 120)
        self.backup_dir = (ROOT / values["VEJVISER_BACKUP_DIR"]).resolve() if values["VEJVISER_BACKUP_DIR"] else None
        self.backup_max_age = _number(values, "VEJVISER_BACKUP_MAX_AGE", 1, 365)
        self.trusted_proxies = _number(values, "VEJVISER_TRUSTED_PROXIES", 0, 10)
        self.session_idle = _number(values, "VEJVISER_SESSION_IDLE", 1, 24 * 60)
        self.session_hours = _number(values, "VEJVISER_SESSION_HOURS", 1, 24)
        totp = _choice(values, "VEJVISER_TOTP", ("", "required", "optional"))
        self.totp_required = self.production if totp == "" else totp == "required"
        self.local_login = _choice(values, "VEJVISER_LOCAL_LOGIN", ("true", "false")) == "true"
        self.oidc_issuer = values["VEJVISER_OIDC_ISSUER"].rstrip("/")
        self.oidc_client_id = values["VEJVISER_OIDC_CLIENT_ID"]
        self.oidc_client_secret = values["VEJVISER_OIDC_CLIENT_SECRET"]
        self.oidc_role_claim = values["VEJVISER_OIDC_ROLE_CLAIM"]
        self.oidc_roles = _roles(values["VEJVISER_OIDC_ROLES"])
        self._check_oidc()
        self._secret_key = values["VEJVISER_SECRET_KEY"]
        if self.production:
            self._refuse_unsafe()

    @classmethod
    def read(cls, environment: dict[str, str] | None = None) -> Settings:
        """Read the settings; `environment` replaces the real one (tests).

        Raises ConfigurationError with a Danish text that names the setting.
        """
        if environment is None:
            environment = {**{k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}, **os.environ}
        return cls({s.name: environment.get(s.name, "").strip() or s.default for s in SETTINGS})

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}"

    @property
    def secret_key(self) -> str:
        """The secret everything else is derived from; made once and kept in the data folder in demo."""
        if not self._secret_key:
            self._secret_key = _kept_secret(self.key_file)
        return self._secret_key

    @property
    def has_secret_key(self) -> bool:
        """Whether there is a key already; asking for `secret_key` makes one."""
        return bool(self._secret_key) or self.key_file.exists()

    @property
    def key_file(self) -> Path:
        """Where the key is kept when VEJVISER_SECRET_KEY does not give it."""
        return self.data_dir / "secret.key"

    def derived_key(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, so that no two parts of the system share a key."""
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self.secret_key.encode())

    def _check_oidc(self) -> None:
        if not self.oidc_issuer:
            if not self.local_login:
                raise ConfigurationError("VEJVISER_LOCAL_LOGIN kan kun være false, når VEJVISER_OIDC_ISSUER er sat")
            return
        for name, value in (
            ("VEJVISER_OIDC_CLIENT_ID", self.oidc_client_id),
            ("VEJVISER_OIDC_CLIENT_SECRET", self.oidc_client_secret),
        ):
            if not value:
                raise ConfigurationError(f"{name} skal være sat, når VEJVISER_OIDC_ISSUER er det")
        parts = urlsplit(self.oidc_issuer)
        safe = parts.scheme == "https" or (parts.scheme == "http" and not self.production)
        if not safe or not parts.netloc:
            raise ConfigurationError("VEJVISER_OIDC_ISSUER skal være en adresse, der begynder med https://")

    def _refuse_unsafe(self) -> None:
        if len(self._secret_key) < 32 or len(set(self._secret_key)) < 8:
            raise ConfigurationError("VEJVISER_SECRET_KEY skal være mindst 32 tilfældige tegn i production")
        if self.today:
            raise ConfigurationError("VEJVISER_TODAY må ikke bruges i production")


def _number(values: dict[str, str], name: str, low: int, high: int) -> int:
    try:
        number = int(values[name])
    except ValueError:
        raise ConfigurationError(f"{name} skal være et helt tal") from None
    if not low <= number <= high:
        raise ConfigurationError(f"{name} skal være mellem {low} og {high}")
    return number


def _smtp(value: str) -> Smtp | None:
    if not value:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = None, None
    if parts is None or parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigurationError("VEJVISER_SMTP_URL skal være som smtp://bruger:kode@mail.example:587 eller smtps://…")
    tls = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Smtp(parts.hostname, port or (465 if tls else 587 if user else 25), user, password, tls)


def _mail_from(value: str, smtp: Smtp | None) -> str:
    if smtp and not value:
        return smtp.user if "@" in smtp.user else f"vejviser@{smtp.host}"
    if value and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        raise ConfigurationError("VEJVISER_MAIL_FROM skal være en mailadresse")
    return value


def _choice(values: dict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    if values[name] not in allowed:
        raise ConfigurationError(f"{name} skal være {' eller '.join(a for a in allowed if a)}")
    return values[name]


def _roles(value: str) -> dict[str, str]:
    """Return claim value → role. The last `=` divides, for a value may be a directory name such as `CN=A,OU=B`."""
    found = {}
    for part in filter(None, (p.strip() for p in value.split(";"))):
        claim, _, role = (p.strip() for p in part.rpartition("="))
        if not claim or role not in ROLES:
            raise ConfigurationError(f"VEJVISER_OIDC_ROLES skal være værdi=rolle; rollerne er {', '.join(ROLES)}")
        found[claim] = role
    return found


def _origins(value: str, production: bool) -> tuple[str, ...]:
    """Return the origins; each is written into a header, so nothing but scheme, host and port may stand there."""
    found = tuple(o.strip().rstrip("/").lower() for o in value.split(",") if o.strip())
    allowed = re.compile(rf"http{'s' if production else 's?'}://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{{1,5}})?")
    for origin in found:
        if not allowed.fullmatch(origin):
            raise ConfigurationError(f"VEJVISER_WIDGET_ORIGINS skal være som https://www.ltk.dk, ikke {origin}")
    return found


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ConfigurationError("VEJVISER_TODAY skal være en dato som 2026-11-23") from None


def _database_url(value: str, data_dir: Path) -> str:
    if not value:
        return f"sqlite:///{data_dir / 'vejviser.db'}"
    return value.replace("postgres://", "postgresql://", 1)


def _kept_secret(path: Path) -> str:
    """Read the secret in `path`, or make one there; two processes starting at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(file.name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(file.name)
    return path.read_text().strip()


_current: Settings | None = None


def current() -> Settings:
    """Return the settings of this process, read at the first call."""
    global _current
    if _current is None:
        _current = Settings.read()
    return _current
