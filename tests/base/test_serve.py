"""Starting and stopping: two processes under one parent, and one sentence where it cannot be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from portal.base import serve, upkeep
from portal.base.errors import Unready
from portal.base.settings import Settings
from tests.conftest import ROOT
from tests.ground import Databases

PATIENCE = 60


class Started:
    """A portal started as `make run` starts it."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self.port, self.log = int(environ["PORT"]), log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.base.serve"],
                cwd=ROOT,
                env={**os.environ, **environ},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    def ready(self) -> None:
        """Wait until it answers."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            assert self.process.poll() is None, f"it ended: {self.said}"
            try:
                with self.get("/healthz") as answer:
                    assert answer.status == 200
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"not ready: {self.said}")

    def get(self, path: str) -> Any:
        return urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def says(self, words: str) -> None:
        """Wait until it has printed `words`."""
        assert until(lambda: words in self.said, PATIENCE), self.said

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def children_of(pid: int) -> list[int]:
    """All processes below `pid`."""
    try:
        direct = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in direct for each in (int(child), *children_of(int(child)))]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    latest = time.monotonic() + seconds
    while time.monotonic() < latest:
        if holds():
            return True
        time.sleep(0.02)
    return False


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Start = Callable[..., Started]


@pytest.fixture
def url(databases: Databases, database_kind: str, worker_id: str) -> Iterator[str]:
    made = databases.empty(f"serve_{worker_id}")
    yield made
    databases.drop(made)


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts an empty portal; everything started is ended after the test."""
    begun: list[Started] = []

    def begin(**changes: str) -> Started:
        environ = {
            "SUNHOME_INSTANCE": str(tmp_path / "instance"),
            "SUNHOME_DEMO_PEOPLE": "0",
            "DATABASE_URL": url,
            "PORT": str(free_port()),
            **changes,
        }
        begun.append(Started(environ, tmp_path / f"log-{len(begun)}"))
        return begun[-1]

    yield begin
    for each in begun:
        below = each.children()
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()
        for pid in filter(is_alive, below):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    instance = tmp_path / "instance"
    instance.mkdir()
    return Settings(instance=instance, database_url=url)


def refused(portal: Started) -> str:
    """It did not start, and said why in one sentence."""
    assert portal.process.wait(PATIENCE) == 1
    assert "Traceback" not in portal.said
    lines = portal.said.strip().splitlines()
    assert lines[-1].startswith("Sunhome did not start. ")
    assert lines[-1].endswith(".")
    return lines[-1]


def test_first_and_second_start(start: Start, tmp_path: Path) -> None:
    first = start()
    first.ready()
    first.says("Ctrl-C stops it.")
    assert f"http://127.0.0.1:{first.port}" in first.said
    with first.get("/") as answer:
        assert answer.url.endswith("/first-run"), "an empty portal asks for its administrator"
    assert not (tmp_path / "instance" / "demo-accounts.json").exists()
    below = first.children()
    assert len(below) >= 3, "web server, its worker, scheduler"
    assert first.end(signal.SIGINT) == 0
    assert "Sunhome has stopped." in first.said
    assert "Traceback" not in first.said
    assert not any(is_alive(pid) for pid in below)

    second = start()
    second.ready()
    assert "Preparing" not in second.said
    assert second.end(signal.SIGTERM) == 0


def test_both_children_die_with_a_killed_parent(start: Start) -> None:
    portal = start()
    portal.ready()
    assert until(lambda: len(portal.children()) >= 3)
    below = portal.children()
    portal.end(signal.SIGKILL)
    assert until(lambda: not any(is_alive(pid) for pid in below)), "an orphan stayed"


@pytest.mark.parametrize("which", [0, 1, 2], ids=["web server", "its worker", "scheduler"])
def test_a_child_that_dies_ends_the_portal_aloud(start: Start, which: int) -> None:
    portal = start()
    portal.says("Ctrl-C stops it.")
    below = portal.children()
    os.kill(below[which], signal.SIGKILL)
    assert portal.process.wait(PATIENCE) == 1
    name = "scheduler" if which == 2 else "web server"
    assert f"The {name} ended by itself" in portal.said
    assert until(lambda: not any(is_alive(pid) for pid in below))


def test_two_first_starts_at_once(start: Start) -> None:
    both = [start(), start()]
    for portal in both:
        portal.ready()
    assert sum("Preparing the database" in portal.said for portal in both) == 1
    assert [portal.end() for portal in both] == [0, 0]


def test_the_same_port_twice_at_once(start: Start) -> None:
    port = str(free_port())
    both = [start(PORT=port), start(PORT=port)]
    assert until(lambda: any(each.process.poll() is not None for each in both), PATIENCE)
    lost = next(each for each in both if each.process.poll() is not None)
    assert f"Port {port} is taken" in refused(lost)
    next(each for each in both if each is not lost).ready()


def test_a_taken_port_is_told_before_anything_is_touched(start: Start, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        assert f"Port {port} is taken" in refused(start(PORT=str(port)))
    assert not (tmp_path / "instance").exists()


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Callable[..., str]]:
    """Starts in this process what will not start; answers the sentence it said."""
    handler, mask = signal.getsignal(signal.SIGTERM), os.umask(0o077)

    def begin(**changes: str) -> str:
        environ = {"SUNHOME_INSTANCE": str(tmp_path / "instance"), "PORT": str(free_port())}
        for name, value in {**environ, **changes}.items():
            monkeypatch.setenv(name, value)
        assert serve.serve() == 1
        said = capsys.readouterr().err.strip()
        assert said.startswith("Sunhome did not start. ")
        assert said.endswith(".")
        assert "\n" not in said
        return said

    yield begin
    signal.signal(signal.SIGTERM, handler)
    os.umask(mask)


def test_a_database_of_a_newer_version(told: Callable[..., str], settings: Settings) -> None:
    upkeep.upgrade(settings)
    with upkeep.engine(settings).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = told(DATABASE_URL=settings.database_url)
    assert "newer version of Sunhome (its revision is 9999)" in said


def test_a_database_of_somebody_else(told: Callable[..., str], settings: Settings) -> None:
    with upkeep.engine(settings).begin() as connection:
        connection.execute(text("CREATE TABLE somebody (id INTEGER)"))
    assert "not Sunhome's" in told(DATABASE_URL=settings.database_url)


def test_a_file_that_is_no_database(told: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database at all\n" * 100)
    assert "cannot be used: file is not a database" in told(DATABASE_URL=f"sqlite:///{path}")


def test_a_database_that_does_not_answer(told: Callable[..., str]) -> None:
    said = told(DATABASE_URL=f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/sunhome")
    assert "cannot be used" in said
    assert "hidden" not in said


def test_a_folder_that_cannot_be_written(told: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = told(SUNHOME_INSTANCE=str(tmp_path / "file" / "instance"))
    assert "cannot be written: Not a directory" in said


def test_a_full_disk(told: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upkeep.os, "fsync", full)
    assert "No space left on device" in told()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PORT": "eight"}, "PORT must be a whole number"),
        ({"PORT": "70000"}, "PORT must be a whole number from 0 to 65535"),
        ({"SUNHOME_DEMO_PEOPLE": "-1"}, "SUNHOME_DEMO_PEOPLE must be a whole number"),
        ({"HOST": "192.0.2.1"}, "not an address of this machine"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL is not the address"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is not the address"),
    ],
)
def test_a_setting_that_makes_no_sense(
    told: Callable[..., str], changes: dict[str, str], words: str
) -> None:
    assert words in told(**changes)


def test_a_forbidden_port(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", forbid)
    with (
        pytest.raises(Unready, match="Port 80 is forbidden to this user"),
        serve.claimed_port(Settings(instance=Path(), database_url="", port=80)),
    ):
        pass


# ---- what a start does before it serves --------------------------------------------------------


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands in for the demo: remembers how often, and of how many people, it was made."""
    made: list[int] = []
    monkeypatch.setattr(serve, "seed", made.append)
    return made


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_the_demo_is_made_once(settings: Settings, seeded: list[int]) -> None:
    serve.prepare(settings)
    assert seeded == [settings.demo_people]
    with statements() as seen:
        serve.prepare(settings)
    assert seeded == [settings.demo_people]
    assert not [s for s in seen if s.split()[0].upper() not in {"SELECT", "PRAGMA", "BEGIN"}]
    assert len(seen) <= 8, "a second start asks for the version and no more"


def test_a_database_from_before_is_never_seeded(settings: Settings, seeded: list[int]) -> None:
    upkeep.upgrade(settings)
    serve.prepare(settings)
    assert seeded == []


def test_a_first_start_killed_in_the_demo_is_finished_by_the_next(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, seeded: list[int]
) -> None:
    def killed(_people: int) -> None:
        settings.demo_accounts.write_text("[]")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(serve, "seed", killed)
        with pytest.raises(KeyboardInterrupt):
            serve.prepare(settings)
    serve.prepare(settings)
    assert seeded == [settings.demo_people]
    assert not settings.demo_accounts.exists(), "those of the demo that was never committed"
    serve.prepare(settings)
    assert len(seeded) == 1


def test_the_accounts_are_printed_as_a_table(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, database_url="")
    assert serve.accounts(settings) == ""
    settings.demo_accounts.write_text(
        '[{"role": "agent", "staff_no": "003217", "password": "sun"}]', "utf-8"
    )
    assert "agent         003217        sun" in serve.accounts(settings)
