"""One file that holds the portal: written while it runs, checked to the last byte before use.

The archive is a plain tar: `manifest.json` (revision; size and sha256 of each member), the database
as copied by SQLite's online backup, the uploads, and as last member `sha256`, the hash of all that
comes before it. A reader accepts exactly the bytes that a writer makes: whatever is cut off,
flipped, added or named otherwise is refused before anything is touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy.engine import make_url

from portal.base import clock
from portal.base.errors import Unready
from portal.base.settings import Settings

FORMAT = 1
BLOCK = tarfile.BLOCKSIZE
PIECE = 1024 * 1024
DATABASE, ACCOUNTS, MANIFEST, SEAL = (
    "database.sqlite3",
    "demo-accounts.json",
    "manifest.json",
    "sha256",
)
UPLOAD = re.compile(r"files/([0-9a-f]{2})/\1[0-9a-f]{62}\.bin")
MOST_MANIFEST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive."""

    name: str
    size: int
    sha256: str


# Writing


def write(settings: Settings, file: Path) -> str:
    """Write the archive and check it; answers what to tell the operator. Raises Unready."""
    _only_sqlite(settings, "pg_dump --format=custom")
    with _in_words(f"The backup {file} could not be written"):
        settings.instance.mkdir(parents=True, exist_ok=True)
        copy = settings.instance / f".backup-{secrets.token_hex(6)}.sqlite3"
        partial = file.with_name(f".{file.name}-{secrets.token_hex(6)}")
        try:
            _copy_database(_path(settings), copy)
            revision = _check_database(copy)
            sources = {DATABASE: copy, **_uploads(settings)}
            if settings.demo_accounts.exists():
                sources[ACCOUNTS] = settings.demo_accounts
            lost = _lost_uploads(copy, sources)
            members = [_measured(name, path) for name, path in sorted(sources.items())]
            _write_archive(partial, revision, members, sources)
            _unpack(partial, lambda _name: None)
            partial.replace(file)
            _sync_folder(file.parent)
        finally:
            copy.unlink(missing_ok=True)
            partial.unlink(missing_ok=True)
    text = f"{file}: database at revision {revision}, {len(_uploads_of(members))} uploads, checked."
    return f"{text}\nNot in the uploads folder, so not in the backup: {lost}." if lost else text


def _only_sqlite(settings: Settings, tool: str) -> None:
    if not settings.is_sqlite:
        raise Unready(
            f"This portal keeps its data in PostgreSQL: use {tool} for the database, "
            f"and copy the folder {settings.files} after it."
        )


def _path(settings: Settings) -> Path:
    return Path(make_url(settings.database_url).database or "")


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unready(f"{what}: {error.strerror or error}.") from error
    except sqlite3.Error as error:
        raise Unready(f"{what}: {error}.") from error


def _copy_database(source: Path, target: Path) -> None:
    """A copy of one moment, taken in one step: writers go on, and the copy does not see them."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with (
        closing(sqlite3.connect(source, timeout=20)) as live,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _check_database(path: Path) -> str:
    """The revision of the database in `path`. Raises Unready when it is damaged or not ours."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        try:
            complaints = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
            lost = copy.execute("PRAGMA foreign_key_check").fetchone()
            found = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.Error as error:
            raise Unready(f"The database is damaged or not Sunhome's: {error}.") from error
    if complaints != ["ok"]:
        raise Unready(f"The database is damaged: {complaints[0]}.")
    if lost is not None:
        raise Unready(f"The database is damaged: rows of {lost[0]} point at nothing.")
    if found is None:
        raise Unready("The database is empty.")
    return str(found[0])


def _uploads(settings: Settings) -> dict[str, Path]:
    found = (path for path in settings.files.glob("*/*.bin") if path.is_file())
    names = {f"files/{path.parent.name}/{path.name}": path for path in found}
    return {name: path for name, path in names.items() if UPLOAD.fullmatch(name)}


def _uploads_of(members: Collection[Member]) -> list[str]:
    return [member.name for member in members if member.name.startswith("files/")]


def _lost_uploads(database: Path, sources: Collection[str]) -> int:
    """How many uploads the database speaks of and the folder does not have."""
    with closing(sqlite3.connect(database)) as copy:
        if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'stored_file'").fetchone():
            return 0
        hashes = {row[0] for row in copy.execute("SELECT DISTINCT sha256 FROM stored_file")}
    return len({f"files/{each[:2]}/{each}.bin" for each in hashes} - set(sources))


def _measured(name: str, path: Path) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Member(name, file.tell(), digest)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def _seal(digest: str) -> bytes:
    """The end of the archive: the hash of all before it, and the two empty blocks of a tar."""
    content = f"{digest}\n".encode()
    return _header(SEAL, len(content)) + content + _padding(len(content)) + bytes(2 * BLOCK)


SEAL_SIZE = len(_seal("0" * 64))


def _write_archive(
    target: Path, revision: str, members: list[Member], sources: dict[str, Path]
) -> None:
    listed = [{"name": m.name, "size": m.size, "sha256": m.sha256} for m in members]
    made = {"format": FORMAT, "created_at": clock.now().isoformat(timespec="seconds")}
    manifest = json.dumps({**made, "revision": revision, "members": listed}, indent=1).encode()
    running = hashlib.sha256()
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:

        def put(piece: bytes) -> None:
            running.update(piece)
            file.write(piece)

        put(_header(MANIFEST, len(manifest)) + manifest + _padding(len(manifest)))
        for member in members:
            put(_header(member.name, member.size))
            with sources[member.name].open("rb") as source:
                for piece in iter(lambda: source.read(PIECE), b""):
                    put(piece)
            put(_padding(member.size))
        file.write(_seal(running.hexdigest()))
        file.flush()
        os.fsync(file.fileno())


# Reading

BAD = "This is not a whole and unaltered backup of Sunhome: {}. Nothing was changed."


def _bad(reason: str) -> Unready:
    return Unready(BAD.format(reason))


def _check_seal(file: IO[bytes]) -> int:
    """Where the members end. Raises Unready unless every byte before is as it was written."""
    end = file.seek(0, os.SEEK_END) - SEAL_SIZE
    if end < BLOCK:
        raise _bad("it is too short")
    file.seek(0)
    running, left = hashlib.sha256(), end
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise _bad("it ends too early")
        running.update(piece)
        left -= len(piece)
    if file.read() != _seal(running.hexdigest()):
        raise _bad("it was cut off or altered")
    file.seek(0)
    return end


def _next_member(file: IO[bytes]) -> tuple[str, int]:
    block = file.read(BLOCK)
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeError) as error:
        raise _bad("it has a damaged entry") from error
    if info.size < 0 or _header(info.name, info.size) != block:
        raise _bad("it has an entry that no backup has")
    return info.name, info.size


def _read_manifest(file: IO[bytes]) -> tuple[str, list[Member]]:
    name, size = _next_member(file)
    if name != MANIFEST or size > MOST_MANIFEST_BYTES:
        raise _bad("it does not begin with its manifest")
    try:
        manifest: dict[str, Any] = json.loads(file.read(size))
        if manifest["format"] != FORMAT:
            raise _bad("it was made by a newer version")
        members = [Member(m["name"], int(m["size"]), m["sha256"]) for m in manifest["members"]]
        revision = str(manifest["revision"])
        names = [member.name for member in members]
        ours = all(n in {DATABASE, ACCOUNTS} or UPLOAD.fullmatch(n) for n in names)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _bad("its manifest cannot be read") from error
    if not ours or len(set(names)) < len(names) or DATABASE not in names:
        raise _bad("its manifest names other files than a backup has")
    file.read(-size % BLOCK)
    return revision, members


def _unpack(archive: Path, place: Callable[[str], Path | None]) -> tuple[str, list[Member]]:
    """Check every byte of `archive`, writing each member to `place(name)` where that is a path."""
    with archive.open("rb") as file:
        end = _check_seal(file)
        revision, members = _read_manifest(file)
        for member in members:
            if _next_member(file) != (member.name, member.size):
                raise _bad("its files are not those of its manifest")
            _take(file, member, place(member.name))
        if file.tell() != end:
            raise _bad("it holds more than its manifest says")
    return revision, members


def _take(file: IO[bytes], member: Member, target: Path | None) -> None:
    running, left = hashlib.sha256(), member.size
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(target or os.devnull, os.O_CREAT | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while left:
            piece = file.read(min(PIECE, left))
            if not piece:
                raise _bad("it ends too early")
            running.update(piece)
            out.write(piece)
            left -= len(piece)
        if target is not None:
            out.flush()
            os.fsync(out.fileno())
    if running.hexdigest() != member.sha256:
        raise _bad(f"{member.name} is damaged")
    file.read(-member.size % BLOCK)


def restore(settings: Settings, file: Path, *, known: Collection[str]) -> str:
    """Put the backup in place; the portal must not run. Raises Unready, with nothing changed.

    known: the revisions this version understands. The database that was there is kept beside the
    new one.
    """
    _only_sqlite(settings, "pg_restore")
    database = _path(settings)
    token = secrets.token_hex(6)
    fresh = database.with_name(f".restore-{token}.sqlite3")
    folder = settings.instance / f".restore-{token}"
    with _in_words(f"The backup {file} could not be restored"):
        try:
            database.parent.mkdir(parents=True, exist_ok=True)
            revision, members = _unpack(
                file, lambda name: fresh if name == DATABASE else folder / name
            )
            if revision != _check_database(fresh):
                raise _bad("its database is not of the revision it says")
            if revision not in known:
                raise Unready(
                    f"The backup was made by a newer version of Sunhome (revision {revision}): "
                    "install that version first. Nothing was changed."
                )
            kept = _exchange(settings, database, fresh, folder, members)
        finally:
            fresh.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
    text = f"Restored: database at revision {revision}, {len(_uploads_of(members))} uploads."
    return f"{text} What was there before is kept as {kept}." if kept else text


def _exchange(
    settings: Settings, database: Path, fresh: Path, folder: Path, members: list[Member]
) -> Path | None:
    """Uploads first (they only add), then the database, in one step that has no half."""
    stamp = clock.local(clock.now()).strftime("%Y%m%d-%H%M%S")
    kept: Path | None = None
    if database.exists():
        name = f"{database.stem}-before-restore-{stamp}-{secrets.token_hex(2)}{database.suffix}"
        kept = database.with_name(name)
        _make_one_file(database, kept)
    for name in _uploads_of(members):
        target = settings.files / name.removeprefix("files/")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / name).replace(target)
        _sync_folder(target.parent)
    if kept is not None:
        os.link(database, kept)
    fresh.replace(database)
    if (folder / ACCOUNTS).exists():
        (folder / ACCOUNTS).replace(settings.demo_accounts)
    else:
        settings.demo_accounts.unlink(missing_ok=True)
    _sync_folder(database.parent)
    return kept


def _make_one_file(database: Path, kept: Path) -> None:
    """Bring what stands in the write-ahead log into the file, so that one name holds it all.

    SQLite allows it only to the last connection, which is what we want to know. A damaged database
    cannot do it: then its log goes aside beside it.
    """
    try:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as old:
            old.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Unready("Another process has the database open: stop it first.") from error
        _log_aside(database, kept)
    except sqlite3.DatabaseError:
        _log_aside(database, kept)


def _log_aside(database: Path, kept: Path) -> None:
    for ending in ("-wal", "-shm"):
        log = database.with_name(database.name + ending)
        if log.exists():
            log.replace(kept.with_name(kept.name + ending))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
