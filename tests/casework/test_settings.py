"""Settings: one list, documented, and safe in production."""

import re
from datetime import date

import pytest

from casework import clock
from casework.errors import ConfigurationError
from casework.settings import ROOT, SETTINGS, Settings

SAFE = {"VEJVISER_ENV": "production", "VEJVISER_SECRET_KEY": "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"}


def test_every_setting_stands_in_the_readme_with_its_default():
    readme = (ROOT / "README.md").read_text().split("## Settings")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^|`]*?)`?\s*\|", readme, re.MULTILINE))
    assert {s.name: s.default for s in SETTINGS} == {name: default.strip() for name, default in rows.items()}


def test_the_system_starts_without_any_setting(tmp_path):
    settings = Settings.read({})
    assert (settings.port, settings.env) == (8000, "demo")
    assert settings.database_url.startswith("sqlite:///")


@pytest.mark.parametrize(
    "wrong",
    [
        {"VEJVISER_SECRET_KEY": ""},
        {"VEJVISER_SECRET_KEY": "kort"},
        {"VEJVISER_SECRET_KEY": "a" * 64},
        {"VEJVISER_TODAY": "2026-11-23"},
    ],
)
def test_production_refuses_weak_secrets_and_a_fixed_date(wrong):
    Settings.read(SAFE)
    with pytest.raises(ConfigurationError):
        Settings.read({**SAFE, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"PORT": "otte"}, {"PORT": "99999"}, {"VEJVISER_ENV": "test"}, {"VEJVISER_TODAY": "23/11"}]
)
def test_a_bad_value_is_refused_at_start_with_the_name_of_the_setting(wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Settings.read(wrong)


def test_a_secret_made_for_demo_is_kept_for_the_next_start(tmp_path):
    first = Settings.read({"VEJVISER_DATA_DIR": str(tmp_path)}).secret_key
    assert Settings.read({"VEJVISER_DATA_DIR": str(tmp_path)}).secret_key == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_the_clock_follows_the_fixed_date():
    assert clock.today() == date(2026, 11, 23)
    assert clock.now().astimezone(clock.COPENHAGEN).date() == date(2026, 11, 23)
