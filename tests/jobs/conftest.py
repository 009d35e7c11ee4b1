"""Jobs made up for the tests, and databases that start anew within a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from portal.base.room import Job


@pytest.fixture
def with_jobs(app: Flask) -> Iterator[Callable[..., None]]:
    """`with_jobs(Job(...), …)`: the portal has these jobs and no others."""
    before = app.extensions["sunhome_jobs"]

    def use(*jobs: Job) -> None:
        app.extensions["sunhome_jobs"] = jobs

    yield use
    app.extensions["sunhome_jobs"] = before


class Book:
    """A job that writes down the days it was run for."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.error: Exception | None = None

    def run(self, day: date) -> int:
        self.days.append(day)
        if self.error is not None:
            raise self.error
        return 3

    def job(self, name: str = "tests.book", **options: Any) -> Job:
        return Job(name, "写日记", self.run, **({"at": "08:00"} | options))


@pytest.fixture
def book() -> Book:
    return Book()
