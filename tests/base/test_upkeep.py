"""Backups: whole under load, restored elsewhere, refused when one byte is not as written."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal.base import backup, upkeep
from portal.base.errors import Unready
from portal.base.settings import Settings
from tests.ground import Databases

pytestmark = pytest.mark.on("sqlite")  # PostgreSQL is left to its own tools

WRITER = """
import itertools, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
for number in itertools.count():
    connection.execute("BEGIN IMMEDIATE")
    for half in ("a", "b"):
        connection.execute(
            "INSERT INTO tries (key, count, since) VALUES (?, ?, '2026-01-01 00:00:00')",
            (f"{sys.argv[2]}-{number}-{half}", number))
    connection.execute("COMMIT")
    print(number, flush=True)
    time.sleep(0.0005)
"""


@pytest.fixture
def house(databases: Databases, database_kind: str, worker_id: str, tmp_path: Path) -> Settings:
    """A portal at rest, with the cast in its database and two uploads."""
    instance = tmp_path / "house"
    instance.mkdir()
    shutil.copyfile(
        databases.copy(f"upkeep_{worker_id}").removeprefix("sqlite:///"),
        instance / "portal.sqlite3",
    )
    made = Settings(instance=instance, database_url=f"sqlite:///{instance / 'portal.sqlite3'}")
    for content in (b"a picture", b"", b"x" * 5000):
        put_upload(made, content)
    return made


def put_upload(settings: Settings, content: bytes) -> Path:
    name = hashlib.sha256(content).hexdigest()
    path = settings.files / name[:2] / f"{name}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def elsewhere(tmp_path: Path) -> Settings:
    instance = tmp_path / "elsewhere"
    instance.mkdir(exist_ok=True)
    return Settings(instance=instance, database_url=f"sqlite:///{instance / 'portal.sqlite3'}")


def rows(settings: Settings, query: str) -> list[Any]:
    with closing(sqlite3.connect(upkeep.sqlite_path(settings))) as connection:
        return connection.execute(query).fetchall()


def state(folder: Path) -> dict[str, str]:
    """Every file below `folder` with the hash of its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name not in {"running.lock", "migrate.lock"}
        and not path.name.endswith(("-wal", "-shm"))
    }


def restore(settings: Settings, file: Path) -> str:
    return backup.restore(settings, file, known=upkeep.revisions()[0])


@pytest.fixture
def archive(house: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar"
    backup.write(house, file)
    return file


def test_a_backup_restored_elsewhere_is_the_same(
    archive: Path, house: Settings, tmp_path: Path
) -> None:
    other = elsewhere(tmp_path)
    said = restore(other, archive)
    assert "3 uploads" in said
    people = "SELECT id, name FROM person ORDER BY id"
    assert rows(other, people) == rows(house, people)
    assert rows(other, people)
    assert {k: v for k, v in state(house.instance).items() if k.startswith("files")} == {
        k: v for k, v in state(other.instance).items() if k.startswith("files")
    }
    left = sorted(path.name for path in other.instance.iterdir())
    assert left == ["files", "portal.sqlite3"], "nothing else is left behind"


def test_a_backup_can_be_read_by_tar_and_sha256sum(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        contents = {member.name: file.read() for member in tar if (file := tar.extractfile(member))}
    names = list(contents)
    assert (names[0], names[-1]) == ("manifest.json", "sha256")
    for member in json.loads(contents["manifest.json"])["members"]:
        assert hashlib.sha256(contents[member["name"]]).hexdigest() == member["sha256"]


def test_backups_under_load_are_whole(house: Settings, tmp_path: Path) -> None:
    """Two writers commit pairs all the time; no backup holds half of one, or misses an old one."""
    path = str(upkeep.sqlite_path(house))
    logs = [tmp_path / f"writer-{number}" for number in range(2)]
    writers = []
    for number, log in enumerate(logs):
        with log.open("wb") as out:
            command = [sys.executable, "-c", WRITER, path, f"w{number}"]
            writers.append(subprocess.Popen(command, stdout=out))
    try:
        wait_for(lambda: all(len(log.read_bytes()) > 100 for log in logs))
        for number in range(8):
            acknowledged = [committed(log) for log in logs]
            backup.write(house, tmp_path / "load.tar")
            assert sum(map(committed, logs)) > sum(acknowledged), "the writers went on meanwhile"
            other = elsewhere(tmp_path)
            restore(other, tmp_path / "load.tar")
            pairs = "SELECT count(*) FROM tries GROUP BY substr(key, 1, length(key) - 2)"
            assert {count for (count,) in rows(other, pairs)} == {2}
            for writer, least in enumerate(acknowledged):
                query = f"SELECT max(count) FROM tries WHERE key LIKE 'w{writer}-%'"
                assert rows(other, query)[0][0] >= least, f"backup {number} lost rows"
    finally:
        for writer_process in writers:
            writer_process.kill()
            writer_process.wait()


def committed(log: Path) -> int:
    """The last number the writer was told is committed."""
    whole_lines = log.read_bytes().rpartition(b"\n")[0].splitlines()
    return int(whole_lines[-1]) if whole_lines else -1


def wait_for(holds: Callable[[], bool]) -> None:
    latest = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < latest
        time.sleep(0.01)


def refused(settings: Settings, file: Path) -> str:
    before = state(settings.instance)
    with pytest.raises(Unready) as error:
        restore(settings, file)
    assert state(settings.instance) == before, "something was changed"
    return str(error.value)


def test_a_truncated_backup_is_refused(archive: Path, house: Settings, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    cut = tmp_path / "cut.tar"
    for length in (0, 1, 511, 512, len(whole) // 2, *range(len(whole) - 3000, len(whole), 97)):
        cut.write_bytes(whole[:length])
        assert "Nothing was changed" in refused(house, cut)
    cut.write_bytes(whole[:-1])
    assert "Nothing was changed" in refused(house, cut)
    cut.write_bytes(whole + b"\0")
    assert "Nothing was changed" in refused(house, cut)


def test_a_backup_with_any_byte_altered_is_refused(
    archive: Path, tmp_path: Path, chance: random.Random
) -> None:
    whole = bytearray(archive.read_bytes())
    bad = tmp_path / "bad.tar"
    places = [0, 100, 124, 156, 257, 512, len(whole) - 1, len(whole) - 1100]
    places += [chance.randrange(len(whole)) for _ in range(120)]
    for place in places:
        flipped = whole.copy()
        flipped[place] ^= 1 << chance.randrange(8)
        bad.write_bytes(flipped)
        with pytest.raises(Unready):
            backup._unpack(bad, lambda _name: None)
    assert backup._unpack(archive, lambda _name: None), "and the unaltered one is taken"


def sealed(path: Path, members: list[tuple[bytes, bytes]]) -> Path:
    """An archive of headers and contents, closed as ours are: forged by somebody who knows how."""
    body = b"".join(head + content + backup._padding(len(content)) for head, content in members)
    path.write_bytes(body + backup._seal(hashlib.sha256(body).hexdigest()))
    return path


def plain(name: str, content: bytes) -> tuple[bytes, bytes]:
    return backup._header(name, len(content)), content


def manifest(
    members: dict[str, bytes], revision: str | None = None, form: int = 1
) -> tuple[bytes, bytes]:
    listed = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
    ]
    made = {"format": form, "revision": revision or upkeep.revisions()[1], "members": listed}
    return plain("manifest.json", json.dumps(made).encode())


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/evil", "files/../../evil.bin", "files/aa/evil.bin", "secret-key",
        "files/aa/" + "b" * 64 + ".bin", "files/aa/" + "a" * 64 + ".bin/../x", "", "files\\x",
    ],
)  # fmt: skip
def test_a_forged_name_is_refused(
    archive: Path, house: Settings, tmp_path: Path, name: str
) -> None:
    database = upkeep.sqlite_path(house).read_bytes()
    inside = {"database.sqlite3": database, name: b"evil"}
    forged = sealed(
        tmp_path / "forged.tar", [manifest(inside), *(plain(n, c) for n, c in inside.items())]
    )
    assert "names other files" in refused(house, forged)
    assert not list(tmp_path.rglob("*evil*"))


def test_forged_entries_are_refused(archive: Path, house: Settings, tmp_path: Path) -> None:
    database = upkeep.sqlite_path(house).read_bytes()
    inside = {"database.sqlite3": database}
    link = tarfile.TarInfo("database.sqlite3")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    symlink = (link.tobuf(tarfile.GNU_FORMAT), b"")
    good = plain("database.sqlite3", database)
    other = plain("database.sqlite3", b"SQLite format 3\0" + bytes(5000))
    cases = {
        "an entry that no backup has": [manifest(inside), symlink],
        "is damaged": [manifest(inside), plain("database.sqlite3", database[:-1] + b"!")],
        "not those of its manifest": [manifest(inside), other],
        "more than its manifest": [manifest(inside), good, plain("files/evil", b"")],
        "begin with its manifest": [good, manifest(inside)],
        "names other files": [manifest({}), good],
        "newer version": [manifest(inside, form=2), good],
        "manifest cannot be read": [plain("manifest.json", b"[" * 100_000), good],
        "not of the revision": [manifest(inside, revision="7"), good],
    }
    for words, members in cases.items():
        assert words in refused(house, sealed(tmp_path / "forged.tar", members)), words


def test_a_backup_of_a_newer_version_is_refused(
    archive: Path, house: Settings, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(upkeep.sqlite_path(house))) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    backup.write(house, tmp_path / "newer.tar")
    assert "newer version" in refused(house, tmp_path / "newer.tar")


def test_what_is_no_backup_is_refused(house: Settings, tmp_path: Path) -> None:
    file = tmp_path / "letter.tar"
    assert "No such file" in refused(house, file)
    file.write_bytes(b"Dear colleagues, " * 1000)
    assert "Nothing was changed" in refused(house, file)


def test_a_damaged_database_makes_no_backup(house: Settings, tmp_path: Path) -> None:
    path = upkeep.sqlite_path(house)
    content = bytearray(path.read_bytes())
    content[8192:20480] = random.Random(1).randbytes(12288)
    path.write_bytes(content)
    with pytest.raises(Unready, match="damaged"):
        backup.write(house, tmp_path / "backup.tar")
    assert list(tmp_path.glob("*.tar*")) == []


def test_what_was_there_is_kept(archive: Path, house: Settings) -> None:
    with closing(sqlite3.connect(upkeep.sqlite_path(house))) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO tries VALUES ('later', 1, '2026-01-01 00:00:00')")
        connection.commit()
    said = restore(house, archive)
    assert rows(house, "SELECT count(*) FROM tries") == [(0,)]
    kept = next(house.instance.glob("portal-before-restore-*.sqlite3"))
    assert str(kept) in said
    with closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT key FROM tries").fetchall() == [("later",)]


def test_a_restore_in_place_of_a_damaged_database(archive: Path, house: Settings) -> None:
    path = upkeep.sqlite_path(house)
    path.write_bytes(b"nothing that SQLite knows" * 1000)
    path.with_name(path.name + "-wal").write_bytes(b"a log of something else")
    restore(house, archive)
    assert rows(house, "PRAGMA integrity_check") == [("ok",)]
    assert rows(house, "SELECT count(*) > 10 FROM person") == [(1,)]


def test_the_demo_accounts_go_with_their_database(
    archive: Path, house: Settings, tmp_path: Path
) -> None:
    house.demo_accounts.write_text("[]")
    backup.write(house, tmp_path / "demo.tar")
    restore(house, archive)
    assert not house.demo_accounts.exists(), "the restored portal was not seeded"
    restore(house, tmp_path / "demo.tar")
    assert house.demo_accounts.read_text() == "[]"


def test_a_full_disk_leaves_nothing_behind(
    archive: Path, house: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    before = archive.read_bytes()
    with pytest.raises(Unready, match="No space left on device"):
        backup.write(house, archive)
    assert archive.read_bytes() == before, "the last good backup stays"
    assert "No space left" in refused(house, archive)
    assert list(tmp_path.glob(".*")) == []


# ---- the commands ----------------------------------------------------------------------------


@pytest.fixture
def run(house: Settings) -> Callable[..., Any]:
    """Runs a command of upkeep as `flask --app app …` would."""
    app = Flask(__name__)
    app.config["SUNHOME"] = house
    upkeep.install(app)
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=[str(word) for word in words])


def test_the_commands(archive: Path, house: Settings, run: Callable[..., Any]) -> None:
    written = run("backup", archive)
    assert written.exit_code == 0, written.output
    assert "3 uploads, checked" in written.output
    restored = run("restore", archive)
    assert restored.exit_code == 0, restored.output
    assert "already at revision" in run("migrate").output


def test_no_restore_while_the_portal_runs(
    archive: Path, house: Settings, run: Callable[..., Any]
) -> None:
    with upkeep.running(house):
        result = run("restore", archive)
    assert result.exit_code == 1
    assert "The portal is running" in result.output


def test_no_restore_while_another_process_has_the_database(archive: Path, house: Settings) -> None:
    with closing(sqlite3.connect(upkeep.sqlite_path(house))) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("SELECT * FROM tries").fetchall()
        assert "Another process has the database open" in refused(house, archive)


def test_no_start_while_a_backup_is_restored(house: Settings) -> None:
    with (
        upkeep.stopped(house),
        pytest.raises(Unready, match="being restored"),
        upkeep.running(house),
    ):
        pass


def test_postgresql_is_left_to_its_own_tools(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@localhost/nothing"
    settings = Settings(instance=tmp_path, database_url=url)
    with pytest.raises(Unready, match="pg_dump"):
        backup.write(settings, tmp_path / "backup.tar")
    with pytest.raises(Unready, match="pg_restore"):
        backup.restore(settings, tmp_path / "backup.tar", known=())


def test_a_migration_that_loses_an_owner_is_rolled_back(house: Settings) -> None:
    engine = upkeep.engine(house)
    with engine.connect() as connection:
        upkeep.let_tables_be_rebuilt(connection)
        connection.execute(text("DELETE FROM person"))
        with pytest.raises(Unready, match="without their owner"):
            upkeep.check_keys(connection)
        connection.rollback()
        upkeep.check_keys(connection)
