"""Every setting of the system: name, default, help. Read once, from the environment and from `.env`."""

from __future__ import annotations

import os
import secrets
import tempfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from dotenv import dotenv_values

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
    Setting("VEJVISER_METRICS_TOKEN", "", "Nøgle til `/metrics` udefra; tom er kun loopback"),
    Setting("VEJVISER_TRUSTED_PROXIES", "0", "Antal omvendte proxyer foran, hvis X-Forwarded-For må tros"),
)


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
        self.trusted_proxies = _number(values, "VEJVISER_TRUSTED_PROXIES", 0, 10)
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
            self._secret_key = _kept_secret(self.data_dir / "secret.key")
        return self._secret_key

    def derived_key(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, so that no two parts of the system share a key."""
        return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(self.secret_key.encode())

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
