"""Files that people send: kept outside every folder the web server gives out, named by content.

The bytes are on disk before the row exists, so a crash between the two leaves an orphan and never a
row without its file; `sweep` takes orphans away a day later.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from flask import Response, abort, current_app, has_request_context
from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.access import me
from portal.base.db import Base, BigKey, Id, session
from portal.base.errors import Refused
from portal.base.forms import CONTROL, clean
from portal.base.settings import Settings

BLOCK = 1 << 18
ORPHAN_AGE = timedelta(days=1)
LONGEST_NAME = 150
OCTETS = "application/octet-stream"
KNOWN_TYPES = frozenset(
    {
        "image/webp",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "text/csv",
        OCTETS,
    }
)
INLINE_TYPES = frozenset({"image/webp"})
"""Shown in the page; everything else is only ever downloaded."""
MOST_PIXELS = {"JPEG": 40_000_000, "PNG": 16_000_000, "WEBP": 8_000_000}
"""Bounds the memory of decoding to 200 MB. Measured for each pixel: a JPEG, decoded small, up to 4
bytes (progressive), a PNG with transparency 9, a WebP 20."""
LONGEST_EDGE = 1600
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f\u2066-\u2069\ud800-\udfff<>:"/\\|?*]')


class StoredFile(Base):
    """A file that somebody put into the house. Several rows may share one content on disk."""

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size_not_negative"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
    )

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigKey)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    person_id: Mapped[int | None] = mapped_column(BigKey)


def keep(
    content: bytes | IO[bytes],
    name: str,
    media_type: str,
    *,
    person_id: int | None = None,
    field: str | None = "file",
) -> StoredFile:
    """Store a file: bytes on disk, row in this transaction. person_id: by default who is asking.

    Raises Refused, at `field`, when it is empty or larger than `settings.upload_bytes`.
    """
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    if stream.seekable():
        stream.seek(0)  # a transaction that is run again reads it again
    sha256, size = _place(stream, field)
    kind = media_type if media_type in KNOWN_TYPES else OCTETS
    if person_id is None and has_request_context():
        person_id = me.id or None
    row = StoredFile(
        sha256=sha256, media_type=kind, size=size, name=clean_name(name), person_id=person_id
    )
    session().add(row)
    session().flush()
    return row


def keep_picture(
    stream: bytes | IO[bytes],
    name: str,
    *,
    person_id: int | None = None,
    field: str | None = "picture",
) -> StoredFile:
    """Store a photo, made anew as WebP of at most 1600 pixels a side, without its hidden data.

    Raises Refused, at `field`, when it is no JPEG, PNG or WebP, whatever it calls itself.
    """
    small = _redrawn(_read_all(stream, field), field)
    stem = os.path.splitext(clean_name(name))[0]
    return keep(small, f"{stem}.webp", "image/webp", person_id=person_id)


def path_of(stored: StoredFile) -> Path:
    """Where the bytes lie."""
    return _path(_settings().files, stored.sha256)


def send(stored: StoredFile) -> Response:
    """The answer that gives out the file; the browser may neither guess its type nor run it."""
    try:
        file = path_of(stored).open("rb")
    except OSError:
        current_app.logger.error("stored file %s is not on disk", stored.id)
        abort(404)
    response = Response(_blocks(file), mimetype=stored.media_type)  # passed through, none is closed
    response.call_on_close(file.close)
    inline = stored.media_type in INLINE_TYPES
    response.headers["Content-Length"] = str(stored.size)
    response.headers["Content-Disposition"] = disposition(stored.name, inline=inline)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def clean_name(name: str) -> str:
    """A file name for showing: its last part, without signs that deceive or command."""
    last = re.split(r"[/\\]", clean(name))[-1]
    last = UNSAFE_IN_NAMES.sub("_", CONTROL.sub("", last)).strip(" .")
    stem, suffix = os.path.splitext(last)
    suffix = suffix if len(suffix) <= 10 else ""
    stem = stem if suffix else last
    return (stem[: LONGEST_NAME - len(suffix)].rstrip(" .") or "file") + suffix


def disposition(name: str, *, inline: bool = False) -> str:
    """A Content-Disposition header (RFC 6266): a plain name, and the true one in UTF-8."""
    name = clean_name(name)
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", name)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def sweep(referenced: Iterable[int]) -> int:
    """Take away what nobody refers to: rows a day old, and contents a day old without any row.

    `referenced` are the ids of all stored files in use. The content of a row deleted now goes with
    the next sweep, because this transaction may still fail. Answers how many of both went.
    """
    used = set(referenced)
    before = clock.now() - ORPHAN_AGE
    rows = session().execute(select(StoredFile.id, StoredFile.sha256, StoredFile.created_at)).all()
    contents = {row.sha256 for row in rows}
    lost = [row.id for row in rows if row.id not in used and row.created_at < before]
    for start in range(0, len(lost), 500):
        batch = lost[start : start + 500]
        session().execute(delete(StoredFile).where(StoredFile.id.in_(batch)))
    return len(lost) + _sweep_disk(_settings().files, contents, before.timestamp())


def _settings() -> Settings:
    settings: Settings = current_app.config["SUNHOME"]
    return settings


def _path(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / f"{sha256}.bin"


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


@contextmanager
def _locked(root: Path, how: int) -> Iterator[None]:
    """Between finding a content and marking it young again, no sweep may take it."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _place(stream: IO[bytes], field: str | None) -> tuple[str, int]:
    """Write the bytes aside, on disk for certain, then move them to the place of their hash."""
    root, most = _settings().files, _settings().upload_bytes
    (root / "aside").mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = root / "aside" / secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while block := stream.read(BLOCK):
                size += len(block)
                if size > most:
                    raise _too_big(most, field)
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if size == 0:
            raise Refused(_("文件是空的。"), field)
        _settle(root, aside, _path(root, digest.hexdigest()))
    finally:
        aside.unlink(missing_ok=True)
    return digest.hexdigest(), size


def _settle(root: Path, aside: Path, place: Path) -> None:
    moment = clock.now().timestamp()
    with _locked(root, fcntl.LOCK_SH):
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if not place.exists():
            os.replace(aside, place)
        os.utime(place, (moment, moment))
        for folder in (place.parent, root):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _too_big(most: int, field: str | None) -> Refused:
    return Refused(_("文件太大了：最多 %(most)s MB。", most=most // (1024 * 1024)), field)


def _sweep_disk(root: Path, contents: set[str], before: float) -> int:
    gone = 0
    if not root.is_dir():
        return gone
    for path in [*root.glob("??/*.bin"), *root.glob("aside/*")]:
        if path.stem in contents and path.parent.name != "aside":
            continue
        with _locked(root, fcntl.LOCK_EX):
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
            except FileNotFoundError:
                continue
    return gone


def _read_all(stream: bytes | IO[bytes], field: str | None) -> bytes:
    most = _settings().upload_bytes
    if isinstance(stream, bytes):
        content = stream
    else:
        if stream.seekable():
            stream.seek(0)
        content = stream.read(most + 1)
    if len(content) > most:
        raise _too_big(most, field)
    return content


def _redrawn(content: bytes, field: str | None) -> bytes:
    """The picture decoded and drawn again as WebP: what is not a pixel does not survive."""
    from PIL import Image

    unreadable = Refused(_("这张图片打不开。请换一张 JPEG、PNG 或 WebP 的照片。"), field)
    too_large = Refused(_("照片的尺寸太大了，请缩小后再试。"), field)
    try:
        with Image.open(io.BytesIO(content), formats=list(MOST_PIXELS)) as picture:
            if picture.width * picture.height > MOST_PIXELS[picture.format or ""]:
                raise too_large
            return _encoded(_small(picture))
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except Exception as error:  # whatever a hostile picture makes a decoder say
        raise unreadable from error


def _small(picture: Any) -> Any:
    """The first frame, the right way up, at most LONGEST_EDGE a side, RGB or RGBA."""
    from PIL import ImageOps

    longest = max(picture.size)
    if (
        longest > LONGEST_EDGE
    ):  # in proportion: draft goes by the shorter side, and panoramas are long
        width, height = (max(1, side * LONGEST_EDGE // longest) for side in picture.size)
        picture.draft("RGB", (width, height))
    picture.load()
    longest = max(picture.size)
    if picture.mode in {"RGB", "RGBA", "L", "LA", "CMYK"} and longest >= 2 * LONGEST_EDGE:
        picture = picture.reduce(longest // LONGEST_EDGE)
    with suppress(Exception):  # a damaged orientation mark is no reason to refuse a good photo
        ImageOps.exif_transpose(picture, in_place=True)
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    mode = "RGBA" if has_alpha else "RGB"
    drawn = picture.convert(mode)
    drawn.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    return drawn


def _encoded(picture: Any) -> bytes:
    made = io.BytesIO()
    picture.info.clear()
    picture.save(made, "WEBP", quality=82, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return made.getvalue()
