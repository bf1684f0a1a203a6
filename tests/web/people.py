"""Staff at their browsers, without script, as the tests of the staff pages meet them."""

from __future__ import annotations

import re
from itertools import count

import pyotp

from casework import clock, staff
from casework.db import session
from casework.models import Staff

PASSWORD = "lampe violin gryde torden"
_addresses = count(1)


def email_of(name: str) -> str:
    """Return the e-mail of the account called `name`."""
    return f"{name.lower()}@ltk.invalid"


def account(name: str, role: str = "adviser", **more) -> int:
    """Make an account and return its number."""
    with session() as db, db.begin():
        made = staff.add_staff(
            db, email=email_of(name), name=name, role=role, password=PASSWORD, now=clock.now(), **more
        )
        return made.id


def stored(name: str) -> Staff:
    """Return the account as it stands in the database."""
    with session() as db:
        return staff.find(db, email=email_of(name))


def address() -> str:
    """Return an address nobody has called from."""
    number = next(_addresses)
    return f"10.{8 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


class Browser:
    """One browser at an address of its own; it holds cookies and the page it shows."""

    def __init__(self, app, at: str | None = None) -> None:
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = at or address()
        self.page = None

    def sees(self, path: str):
        """Open a page, follow where it leads, and return it."""
        self.page = self.client.get(path, follow_redirects=True)
        return self.page

    def token(self) -> str:
        """Return what the forms on the page carry against forgery."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page.text if self.page else "")
        return found[1] if found else ""

    def sends(self, path: str, **given):
        """Send the form on the page; return the answer without following it."""
        self.page = self.client.post(path, data={**given, "csrf_token": self.token()})
        if self.page.status_code == 302:
            answer = self.page
            self.sees(answer.headers["Location"])
            return answer
        return self.page

    def signs_in(self, name: str, password: str = PASSWORD, following: str = "", **more):
        """Give e-mail and password; return the answer."""
        self.sees("/personale/login" + following)
        return self.sends("/personale/login" + following, email=email_of(name), password=password, **more)

    def is_in(self) -> bool:
        """Return whether the staff pages open."""
        return self.client.get("/personale/").status_code == 200

    def grows_older(self, *, idle: int = 0, age: int = 0) -> None:
        """Let minutes pass for the session since it was last used and since it began."""
        with self.client.session_transaction() as kept:
            kept["seen"] -= idle * 60
            kept["started"] -= age * 60


class SignedIn(Browser):
    """A signed-in person's browser; a form that is sent leaves the page as it is."""

    def __init__(self, app, name: str) -> None:
        super().__init__(app)
        assert self.signs_in(name).status_code == 302

    def sends(self, path: str, **given):
        """Send the form on the page; return the answer and stay."""
        return self.client.post(path, data={**given, "csrf_token": self.token()})


def signed_in(app, name: str) -> Browser:
    """Return the browser of somebody who has signed in."""
    browser = Browser(app)
    browser.signs_in(name)
    return browser


def phone_code(secret: str, steps: int = 0) -> str:
    """Return what the phone shows now, or some steps later."""
    return pyotp.TOTP(secret.replace(" ", "")).generate_otp(clock.seconds() // 30 + steps)


def secret_on(page) -> str:
    """Return the secret written on the page where the second factor is turned on."""
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)[1].replace(" ", "")


def recovery_codes_on(page) -> list[str]:
    """Return the recovery codes on the page that shows them."""
    return re.findall(r"<li><code>([a-z0-9-]+)</code></li>", page.text)
