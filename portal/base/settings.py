"""Settings from the environment, read once at start. Operators rely on the names: keep them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.base.errors import Unready

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decides.

    idle_minutes: a session without a request for so long is closed (shared computers).
    upload_bytes: the largest request body accepted.
    day_begins: the hour before which a night counts for the day before.
    mail_*: the SMTP server that the delivery job speaks to.
    """

    instance: Path
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    demo_people: int = 2000
    workers: int = 1
    idle_minutes: int = 60
    upload_bytes: int = 20 * MEBIBYTE
    password_length: int = 10
    trusted_proxies: int = 0
    day_begins: int = 6
    public_url: str = ""
    mail_server: str = ""
    mail_port: int = 25
    mail_user: str = ""
    mail_password: str = ""
    mail_sender: str = "Sunhome <sunhome@localhost>"
    mail_tls: bool = False

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def files(self) -> Path:
        """Where uploads lie: never under a folder that the web server gives out."""
        return self.instance / "files"

    @property
    def demo_accounts(self) -> Path:
        return self.instance / "demo-accounts.json"


def _number(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) > most:
        raise Unready(f"{name} must be a whole number from 0 to {most}, not “{text}”.")
    return int(text)


def database_url(environ: Mapping[str, str], instance: Path) -> str:
    """The SQLAlchemy address of the database; plain `postgres://` addresses get our driver."""
    url = environ.get("DATABASE_URL", "").strip()
    if not url:
        return f"sqlite:///{instance / 'sunhome.sqlite3'}"
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises Unready with one sentence when a value makes no sense."""
    instance = Path(environ.get("SUNHOME_INSTANCE", "").strip() or "instance").absolute()
    return Settings(
        instance=instance,
        database_url=database_url(environ, instance),
        host=environ.get("HOST", "").strip() or "127.0.0.1",
        port=_number(environ, "PORT", 8000, 65535),
        demo_people=_number(environ, "SUNHOME_DEMO_PEOPLE", 2000, 200_000),
        workers=_number(environ, "SUNHOME_WORKERS", 1, 64) or 1,
        idle_minutes=_number(environ, "SUNHOME_IDLE_MINUTES", 60, 24 * 60),
        upload_bytes=_number(environ, "SUNHOME_UPLOAD_MIB", 20, 1024) * MEBIBYTE,
        password_length=max(8, _number(environ, "SUNHOME_PASSWORD_LENGTH", 10, 128)),
        trusted_proxies=_number(environ, "SUNHOME_TRUSTED_PROXIES", 0, 8),
        day_begins=_number(environ, "SUNHOME_DAY_BEGINS", 6, 12),
        public_url=environ.get("SUNHOME_PUBLIC_URL", "").strip().rstrip("/"),
        mail_server=environ.get("MAIL_SERVER", "").strip(),
        mail_port=_number(environ, "MAIL_PORT", 25, 65535),
        mail_user=environ.get("MAIL_USERNAME", ""),
        mail_password=environ.get("MAIL_PASSWORD", ""),
        mail_sender=environ.get("MAIL_SENDER", "").strip() or "Sunhome <sunhome@localhost>",
        mail_tls=environ.get("MAIL_TLS", "") == "1",
    )


def secret_key(instance: Path) -> bytes:
    """The signing key of this portal, made on first start and kept in the instance folder.

    Two processes may start at once: the key is written aside and linked into place, so that both
    read the one that came first. Raises Unready when the folder cannot be written.
    """
    path = instance / "secret-key"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            aside = instance / f".secret-key-{secrets.token_hex(8)}"
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(aside, path)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise Unready(f"The folder {instance} cannot be used: {error.strerror}.") from error
    if len(key) < 32:
        raise Unready(
            f"{path} is damaged: restore it from a backup, or delete it to end all sessions."
        )
    return key
