"""Killing a process at its n-th step, so that every step gets its turn."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event

SURVIVED = 0


def run_and_kill(app: Flask, engine: Any, step: int, work: Callable[[], Any]) -> bool:
    """Do `work` in a child that is killed (-9) at its n-th step of the database.

    Steps are before and after each statement, before and after each commit. Answers whether the
    child lived to the end, that is, had fewer steps.
    """
    engine.dispose()
    child = os.fork()
    if child == 0:
        _die_at(engine, step)
        status = 1
        try:
            with app.app_context():
                work()
            status = SURVIVED
        finally:
            os._exit(status)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == SURVIVED, "the child failed"
    return True


def _die_at(engine: Any, step: int) -> None:
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(engine, name, count)
    original = engine.dialect.do_commit

    def commit(connection: Any) -> None:
        original(connection)
        count()

    engine.dialect.do_commit = commit
