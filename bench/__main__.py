"""Measure the main pages against a bare view in one run: `make bench`, `python -m bench --help`.

Everything that is compared runs in turn, round after round, and the least of the rounds counts:
what else the machine does meanwhile falls on all alike.
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.load import ask_for
from bench.pages import Page, prepared
from bench.recording import save
from bench.report import Cell, written
from bench.server import Served, family, processor_seconds
from bench.stage import Stage, database_pid, stages

RESULTS = Path(__file__).with_name("results.md")


def main() -> None:
    asked = _asked()
    kept = os.environ.get("BENCH_DIR", "").strip()
    with ExitStack() as held:
        folder = Path(kept) if kept else Path(held.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [int(size) for size in asked.people.split(",")]
        cells: list[Cell] = []
        for kind in asked.databases.split(","):
            cells += _measure(stages(folder, kind, sizes), folder, asked)
        text = written(cells)
    print(text)
    if not asked.dry:
        RESULTS.write_text(text, encoding="utf-8")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--people", default="2000,200000", help="sizes of the house")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each page in each round")
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--only", default="", help="pages whose name has this word")
    parser.add_argument("--dry", action="store_true", help="do not write bench/results.md")
    return parser.parse_args()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Side:
    """One of the two views of a stage, being served."""

    stage: Stage
    name: str
    pages: list[Page]
    served: Served
    database: int | None

    def processor_seconds(self) -> float:
        pids = self.served.processes()
        return processor_seconds(pids + (family(self.database) if self.database else []))


def _measure(found: list[Stage], folder: Path, asked: argparse.Namespace) -> list[Cell]:
    cells: dict[tuple[str, int, str], Cell] = {}
    with ExitStack() as held:
        sides = [side for stage in found for side in _served(stage, folder, asked.only, held)]
        for side in sides:
            side.served.wait()
        for number in range(asked.rounds + 1):
            for place in range(len(sides[0].pages) if sides else 0):
                for side in sides:
                    _ask(side, place, asked, cells, counts=number > 0)
        for side in sides:
            for cell in cells.values():
                if (cell.stage, cell.side) == (side.stage, side.name):
                    cell.megabytes = side.served.megabytes()
    return list(cells.values())


def _served(stage: Stage, folder: Path, only: str, held: ExitStack) -> Iterator[Side]:
    pages = prepared(stage, only)
    recordings = stage.instance / "recordings"
    save([page.recording for page in pages], recordings)
    for name, application in (("ours", "app:app"), ("bare", "bench.bare:app")):
        environment = {**stage.environment, "BENCH_RECORDINGS": str(recordings)}
        served = Served(application, _free_port(), environment)
        held.callback(served.stop)
        yield Side(stage, name, pages, served, database_pid(stage, folder))


def _ask(
    side: Side, place: int, asked: argparse.Namespace,
    cells: dict[tuple[str, int, str], Cell], *, counts: bool,
) -> None:  # fmt: skip
    page = side.pages[place]
    make = page.ours if side.name == "ours" else page.bare
    before = side.processor_seconds()
    done = ask_for(asked.seconds, side.served.port, make, page.expect, asked.connections)
    spent = side.processor_seconds() - before
    if done.bad:
        raise RuntimeError(f"{page.recording.name}, {side.name}: {done.bad} wrong answers")
    key = (side.stage.name, place, side.name)
    cell = cells.setdefault(key, Cell(side.stage, page, side.name))
    if counts:
        cell.note(spent * 1000 / done.requests, done.requests / done.seconds)


if __name__ == "__main__":
    main()
