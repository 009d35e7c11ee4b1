"""Delivering notices by mail: one batch, one connection, every wait bounded."""

from __future__ import annotations

import hashlib
import re
import secrets
import smtplib
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from portal.base import clock
from portal.base.db import transaction
from portal.base.settings import Settings
from portal.jobs.rules import is_stopping
from portal.notify import queries, rules
from portal.notify.rules import Parcel

BATCH = 20
TIMEOUT_SECONDS = 10
BATCH_SECONDS = 60
"""A batch that takes longer is cut short: it must end well before others may take it up."""
MOST_BREAKS = 3
"""After so many broken connections in one batch the rest is left for later."""
LONGEST_TITLE = 200


def deliver(_today: date) -> int:
    """Send all mail that is due. Answers how many letters the server took."""
    settings: Settings = current_app.config["SUNHOME"]
    total = 0
    while settings.mail_server and not is_stopping():
        with transaction(read_only=True):
            if not queries.mail_is_due():
                break
        token = secrets.token_hex(16)
        with transaction():
            parcels = rules.take(token, BATCH)
        if parcels:
            number = _Round(settings, token).send(parcels)
            total += number
            if not number:
                break
    return total


class _Round:
    """One batch on its way, over one connection where the server lets it."""

    def __init__(self, settings: Settings, token: str) -> None:
        self.settings, self.token = settings, token
        self.line: smtplib.SMTP | None = None
        self.breaks = 0

    def send(self, parcels: Sequence[Parcel]) -> int:
        """Send what can be sent. One letter's trouble is its own; answers how many went."""
        latest = time.monotonic() + BATCH_SECONDS
        number = 0
        for index, parcel in enumerate(parcels):
            rest = [other.delivery_id for other in parcels[index:]]
            if is_stopping() or time.monotonic() > latest or self.breaks >= MOST_BREAKS:
                with transaction():
                    rules.put_back(rest, self.token)
                break
            if self.line is None:
                try:
                    self.line = _open(self.settings)
                except (OSError, smtplib.SMTPException) as error:
                    with transaction():
                        rules.put_off(rest, self.token, _told(error))
                    break
            number += self._one(parcel)
        self._hang_up()
        return number

    def _one(self, parcel: Parcel) -> bool:
        try:
            letter = message(parcel, self.settings)
        except (ValueError, IndexError, MessageError) as error:
            with transaction():
                rules.give_up(parcel.delivery_id, self.token, _told(error))
            return False
        assert self.line is not None  # noqa: S101
        try:
            self.line.send_message(letter)
        except (OSError, smtplib.SMTPException) as error:
            self._note(parcel, error)
            return False
        with transaction():
            rules.sent(parcel.delivery_id, self.token)
        return True

    def _note(self, parcel: Parcel, error: Exception) -> None:
        with transaction():
            rules.put_off([parcel.delivery_id], self.token, _told(error))
        refusals = (
            smtplib.SMTPRecipientsRefused,
            smtplib.SMTPSenderRefused,
            smtplib.SMTPDataError,
            smtplib.SMTPNotSupportedError,
        )
        if not isinstance(error, refusals) or getattr(self.line, "sock", None) is None:
            self.breaks += 1
            self._hang_up()

    def _hang_up(self) -> None:
        """Say goodbye, without waiting for one that does not answer."""
        if self.line is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            if self.line.sock is not None:
                self.line.sock.settimeout(1)
                self.line.putcmd("quit")
        self.line.close()
        self.line = None


def _open(settings: Settings) -> smtplib.SMTP:
    line = smtplib.SMTP(timeout=TIMEOUT_SECONDS, local_hostname=_domain(settings))
    try:
        line.connect(settings.mail_server, settings.mail_port)
        if settings.mail_tls:
            line.starttls(context=ssl.create_default_context())
        if settings.mail_user:
            line.login(settings.mail_user, settings.mail_password)
    except BaseException:
        line.close()
        raise
    return line


def _domain(settings: Settings) -> str:
    """The domain that letters come from."""
    domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "localhost"


def message(parcel: Parcel, settings: Settings) -> EmailMessage:
    """The letter in the person's language. Raises ValueError (MessageError) for a bad address.

    Its Message-ID comes from the notice's key: should it go out twice after a crash, mail programs
    can tell that it is the same.
    """
    with force_locale(parcel.locale if parcel.locale in {"zh", "en"} else "zh"):
        letter = queries.worded(parcel)
        text = _body(letter, parcel, settings)
    name, address = parseaddr(settings.mail_sender)
    made = EmailMessage(policy=SMTP)
    made["Subject"] = re.sub(r"[\x00-\x1f\x7f]+", " ", letter.title)[:LONGEST_TITLE]
    made["From"] = Address(name, addr_spec=address)
    made["To"] = Address(re.sub(r"[\x00-\x1f\x7f]+", " ", parcel.name), addr_spec=parcel.email)
    made["Date"] = formatdate(clock.now().timestamp())
    identity = hashlib.sha256(parcel.key.encode()).hexdigest()[:32]
    made["Message-ID"] = f"<{identity}@{_domain(settings)}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made


def _body(letter: queries.Letter, parcel: Parcel, settings: Settings) -> str:
    root = settings.public_url or f"http://{settings.host}:{settings.port}"
    parts = [_("%(name)s，你好！", name=parcel.name), letter.text]
    if parcel.link:
        parts.append(_("打开看看：%(url)s", url=root + parcel.link))
    if letter.why:
        parts.append(_("为什么告诉你：%(why)s", why=letter.why))
    parts.append("-- \n" + _("阳光家园 · 不想收这类邮件：%(url)s", url=f"{root}/notify/mail"))
    return "\n\n".join(str(part) for part in parts if part) + "\n"


def _told(error: Exception) -> str:
    """What the server said, in a line, without anybody's mail address."""
    words = str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        words = f"{code} {_text(said)}"
    elif isinstance(error, smtplib.SMTPResponseException):
        words = f"{error.smtp_code} {_text(error.smtp_error)}"
    words = re.sub(r"[\w.+-]+@", "…@", words)
    words = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", words).strip()
    return f"{type(error).__name__}: {words}"[:300]


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
