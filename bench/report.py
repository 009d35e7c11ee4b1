"""The results as a table in Markdown."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bench.pages import Page
from bench.stage import Stage

LEAST_SHARE, MOST_GROWTH, MOST_MEGABYTES = 0.4, 1.25, 150


@dataclass(slots=True)
class Cell:
    """One page of one view on one stage: the least of its rounds."""

    stage: Stage
    page: Page
    side: str
    cpu: float = float("inf")
    rate: float = 0
    megabytes: float = 0

    def note(self, cpu: float, rate: float) -> None:
        """One more round."""
        self.cpu, self.rate = min(self.cpu, cpu), max(self.rate, rate)


def machine() -> str:
    """What it was measured on, without saying where."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = "processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, granian {version('granian')}, "
        f"load of the machine at the end {load:.1f}, {date.today()}"  # noqa: DTZ011
    )


def _grown(cells: list[Cell], cell: Cell) -> float | None:
    """What this page costs here, as a multiple of what it costs in the smallest house."""
    same = [
        other for other in cells
        if other.side == cell.side
        and other.stage.kind == cell.stage.kind
        and other.page.recording.name == cell.page.recording.name
    ]  # fmt: skip
    least = min(same, key=lambda other: other.stage.people)
    return None if least is cell else cell.cpu / least.cpu


def written(cells: list[Cell]) -> str:
    """The page of results."""
    lines = [
        "# Results of `make bench`", "",
        machine() + ".", "",
        "CPU: milliseconds of processor time a request, web server and database together, the "
        "least of the rounds. Share: the bare view's CPU as a share of ours; in brackets that of "
        "the requests a second. Bare is the same statements by a raw cursor in a plain Flask view.",
        "",
        "| database | people | page | CPU ours | CPU bare | share of bare | 200k / 2k "
        "| statements | req/s ours |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|",
    ]  # fmt: skip
    ours = [cell for cell in cells if cell.side == "ours"]
    for cell in ours:
        bare = next(
            other for other in cells
            if (other.stage, other.page, other.side) == (cell.stage, cell.page, "bare")
        )  # fmt: skip
        grown = _grown(cells, cell)
        share, rate = bare.cpu / cell.cpu, cell.rate / bare.rate
        lines.append(
            f"| {cell.stage.kind} | {cell.stage.people:,} | {cell.page.recording.name} "
            f"| {cell.cpu:.2f} | {bare.cpu:.2f} "
            f"| {_mark(f'{share:.0%}', share >= LEAST_SHARE)} ({rate:.0%}) "
            f"| {'' if grown is None else _mark(f'{grown:.2f}', grown <= MOST_GROWTH)} "
            f"| {_asked(cell.page)} | {cell.rate:.0f} |"
        )
    return "\n".join([*lines, "", *_memory(ours), *_seeding(ours)]) + "\n"


def _mark(text: str, is_good: bool) -> str:
    return text if is_good else f"**{text}**"


def _asked(page: Page) -> str:
    asked = page.recording.asked
    return _mark(str(asked), asked <= page.most_statements)


def _memory(ours: list[Cell]) -> list[str]:
    lines = []
    for stage in dict.fromkeys(cell.stage for cell in ours):
        held = max(cell.megabytes for cell in ours if cell.stage == stage)
        told = _mark(f"{held:.0f} MB", held <= MOST_MEGABYTES)
        lines.append(
            f"- {stage.kind}, {stage.people:,} people: {told} resident a worker after load"
        )
    return lines


def _seeding(ours: list[Cell]) -> list[str]:
    return [
        f"- {stage.kind}, {stage.people:,} people: made in {stage.told('seconds')} s"
        for stage in dict.fromkeys(cell.stage for cell in ours)
    ]
