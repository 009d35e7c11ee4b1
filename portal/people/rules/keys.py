"""The keys to the house: passwords, sessions, tokens."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import update

from portal.base import clock, throttle
from portal.base.access import Viewer
from portal.base.db import note, session
from portal.base.errors import Refused
from portal.people.models import ApiToken, Credential, Person, WebSession
from portal.people.queries import credential_of, hash_token

hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id at 19 MiB: about 50 ms; a shift change of sign-ins must fit into memory."""

WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS = 8, 200
LONGEST_TOKEN_LIFE = timedelta(days=366)
SCOPES = (
    "people:read", "coins:read", "coins:write", "suggestions:read", "suggestions:write",
    "drives:read", "drives:write", "jobs:read", "jobs:write",
)  # fmt: skip
COMMON = frozenset(
    {
        *("password", "password1", "password123", "qwertyuiop", "qwerty12345", "administrator"),
        *("1234567890", "12345678910", "123456789a", "0123456789", "1111111111", "0000000000"),
        *("1q2w3e4r5t", "a123456789", "aa12345678", "abc1234567", "abcd123456", "abcdefghij"),
        *("sunhome123", "sunhome2026", "yangguang123", "woaini1314", "woaini5201314"),
        *("5201314520", "1234512345", "9876543210", "iloveyou123", "welcome123", "changeme123"),
    }
)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    """Checked for unknown accounts, so that they take as long to refuse as known ones."""
    return hasher.hash(secrets.token_hex(16))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def sign_in(*, staff_no: str, password: str, address: str, agent: str) -> str:
    """Open a session; answers its token, shown to the browser once.

    Raises Refused with the same words whether the account is unknown, closed or the password is
    wrong (422), and with 429 after too many tries: counted per account *and* address, so that
    nobody can lock a colleague out from elsewhere, and anew for each password, so that one that
    was reset opens at once.
    """
    found = credential_of(staff_no)
    known = found[1] if found else None
    whom = f"{staff_no}\0{address}\0{known.changed_at if known else ''}"
    if (
        throttle.tries("sign-in", whom, within=WINDOW) >= TRIES_PER_ACCOUNT
        or throttle.tries("sign-in-address", address, within=WINDOW) >= TRIES_PER_ADDRESS
    ):
        raise Refused(_("试的次数太多了，请 15 分钟后再来，或请人力资源部重设密码。"), status=429)
    matches = _matches(known.password_hash if known else _dummy_hash(), password)
    if found is None or known is None or not matches or known.disabled_at is not None:
        note(lambda: _count_failure(whom, address))
        raise Refused(_("工号或密码不对。忘了密码，请找人力资源部重设。"))
    throttle.forgive("sign-in", whom)
    if hasher.check_needs_rehash(known.password_hash):
        known.password_hash = hasher.hash(password)
    return open_session(found[0], agent)


def _count_failure(whom: str, address: str) -> None:
    throttle.count("sign-in", whom, within=WINDOW)
    throttle.count("sign-in-address", address, within=WINDOW)


def open_session(person_id: int, agent: str) -> str:
    token = secrets.token_urlsafe(32)
    session().add(WebSession(person_id=person_id, token_hash=hash_token(token), agent=agent[:200]))
    session().flush()
    return token


def end_session(session_id: int, person_id: int) -> None:
    """Sign this browser out."""
    session().execute(
        update(WebSession)
        .where(WebSession.id == session_id, WebSession.person_id == person_id)
        .values(ended_at=clock.now())
    )


def end_sessions(person_id: int, *, but: int | None = None) -> int:
    """Sign out everywhere (but here). Answers how many sessions ended."""
    ended = session().execute(
        update(WebSession)
        .where(
            WebSession.person_id == person_id,
            WebSession.ended_at.is_(None),
            WebSession.id != (but or 0),
        )
        .values(ended_at=clock.now())
        .returning(WebSession.id)
    )
    return len(ended.all())


def touch_session(session_id: int) -> None:
    """Note that the session was seen; noted at most once a minute."""
    session().execute(
        update(WebSession).where(WebSession.id == session_id).values(seen_at=clock.now())
    )


def check_password(password: str, *, staff_no: str = "", name: str = "") -> None:
    """Long enough and not the first one a stranger would try. Raises Refused.

    No rules of composition: length and a list of common ones are what helps.
    """
    least: int = current_app.config["SUNHOME"].password_length
    if len(password) < least:
        raise Refused(_("密码至少 %(least)s 个字符，可以是一句话。", least=least), "password")
    lowered = password.lower()
    if lowered in COMMON or len(set(lowered)) < 4:
        raise Refused(_("这个密码太常见了，请换一个。"), "password")
    if staff_no and staff_no in lowered:
        raise Refused(_("密码里不要有自己的工号。"), "password")
    if name and name.lower() in lowered:
        raise Refused(_("密码里不要有自己的名字。"), "password")


def set_first_password(person_id: int, password: str, *, must_change: bool = True) -> None:
    """Give (or reset) a password that the person changes at the first sign-in."""
    row = session().get(Credential, person_id) or Credential(person_id=person_id)
    row.password_hash = hasher.hash(password)
    row.must_change, row.changed_at, row.disabled_at = must_change, clock.now(), None
    session().add(row)
    end_sessions(person_id)
    session().flush()


def change_password(by: Viewer, *, current: str, password: str, agent: str) -> str:
    """Change the own password. All sessions end; answers the token of a new one for this browser.

    Raises Refused at the field that is wrong.
    """
    whom = f"{by.id}"
    if throttle.tries("change-password", whom, within=WINDOW) >= TRIES_PER_ACCOUNT:
        raise Refused(_("试的次数太多了，请 15 分钟后再来。"), status=429)
    row = session().get_one(Credential, by.id)
    if not _matches(row.password_hash, current):
        note(lambda: throttle.count("change-password", whom, within=WINDOW))
        raise Refused(_("现在的密码不对。"), "current")
    if current == password:
        raise Refused(_("新密码要和现在的不一样。"), "password")
    check_password(password, staff_no=by.staff_no, name=by.name)
    row.password_hash = hasher.hash(password)
    row.must_change, row.changed_at = False, clock.now()
    end_sessions(by.id)
    return open_session(by.id, agent)


def make_token(
    by: Viewer, *, name: str, scopes: list[str], expires_on: date
) -> tuple[ApiToken, str]:
    """Make a bearer token for a program of one's own; the token itself is shown once only.

    A token can do no more than its owner, and only within its scopes. Raises Refused.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise Refused(_("请从列出的权限里选。"), "scopes")
    today = clock.today()
    if not today < expires_on <= today + LONGEST_TOKEN_LIFE:
        raise Refused(_("有效期从明天起，最长一年。"), "expires_on")
    token = f"sh_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        person_id=by.id,
        name=name,
        token_hash=hash_token(token),
        scopes=" ".join(sorted(set(scopes))),
        expires_on=expires_on,
    )
    session().add(row)
    session().flush()
    return row, token


def revoke_token(token: ApiToken) -> None:
    """End a token now."""
    token.revoked_at = token.revoked_at or clock.now()


def set_language(by: Viewer, language: str) -> None:
    """Remember the language of pages, notices and mail for this person."""
    if language not in {"zh", "en"}:
        raise Refused(_("没有这种语言。"), "language")
    session().execute(update(Person).where(Person.id == by.id).values(locale=language))


def set_theme(by: Viewer, theme: str) -> None:
    """Remember light, dark, or as the device wishes."""
    if theme not in {"auto", "light", "dark"}:
        raise Refused(_("没有这种外观。"), "theme")
    session().execute(update(Person).where(Person.id == by.id).values(theme=theme))
