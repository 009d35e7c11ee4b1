"""Starting and stopping the portal: web server and scheduler, two processes under one parent.

The parent imports everything once and forks: a second start pays for one import, and the processes
share their code in memory. Neither child outlives the parent, and neither is restarted in silence.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import http.client
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, NoReturn

import click
from flask import Flask

from portal.base import upkeep
from portal.base.errors import Unready
from portal.base.settings import Settings, load_settings, secret_key

APPLICATION = "app:app"
THREADS = 4
"""Requests at work at once in each web process. One interpreter computes for one at a time, so more
threads answer fewer requests a second (/readyz, 32 connections, one rough run on two cores that had
other work: 1: 2,550, 2: 1,650, 4: 1,190, 8: 1,140); with only one or two, a slow import or a queue
of password hashes would hold up everybody else. To be measured again by `make bench`."""
STOP_SECONDS = 10
START_SECONDS = 60
PR_SET_PDEATHSIG = 1
Address = tuple[str, int]
fork = multiprocessing.get_context("fork")


# What must hold before anything is touched


@contextmanager
def claimed_port(settings: Settings) -> Iterator[Address]:
    """The address to serve on, kept from other starts for as long as this process lives.

    The web server shares its port among its workers, so the system would let a second portal share
    it too: on Linux a name of the kernel's, which ends with its holders, says that it is taken.
    Raises Unready when the port is taken, forbidden or not of this machine.
    """
    with socket.socket(socket.AF_UNIX) as name:
        address = _free_address(settings.host, settings.port, name)
        yield address


def _free_address(host: str, port: int, name: socket.socket) -> Address:
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            port = int(probe.getsockname()[1])
        if sys.platform == "linux":
            name.bind(f"\0sunhome-port-{port}")
    except PermissionError as error:
        raise Unready(f"Port {port} is forbidden to this user: set PORT above 1023.") from error
    except (socket.gaierror, UnicodeError) as error:
        raise Unready(f"HOST “{host}” is not an address of this machine.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Unready(
                f"Port {port} is taken: stop what listens there, or set PORT to another."
            ) from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise Unready(f"HOST “{host}” is not an address of this machine.") from error
        raise Unready(f"Port {port} of {host} cannot be used: {error.strerror}.") from error
    return str(where[0]), port


def prepare(settings: Settings) -> None:
    """Migrate and, on the first start, make the demo company: both by one process alone.

    The mark is laid before the first table is made and taken away when all is there, so that a
    first start which was killed in the middle is finished by the next one.
    """
    mark = settings.instance / ".first-start"
    before = upkeep.standing(settings)
    if before is upkeep.Standing.CURRENT and not mark.exists():
        return
    with upkeep.alone(settings):
        before = upkeep.standing(settings)
        if before is upkeep.Standing.EMPTY:
            mark.touch()
        if before is not upkeep.Standing.CURRENT:
            click.echo("Preparing the database …")
            upkeep.upgrade(settings)
        if mark.exists():
            settings.demo_accounts.unlink(missing_ok=True)  # of a demo that did not get done
            if settings.demo_people:
                seed(settings.demo_people)
            mark.unlink()


def seed(people: int) -> None:
    """Make the demo company, by its own command in a process of its own."""
    click.echo(f"Making a demo company of {people:,} people …")
    child = fork.Process(
        target=_command, args=("demo", "seed", "--people", str(people), "--no-accounts")
    )
    child.start()
    child.join()
    if child.exitcode:
        raise Unready(
            "The demo company could not be made (see above), and nothing of it was kept: start "
            "again to try once more, or set SUNHOME_DEMO_PEOPLE=0 for an empty portal."
        )


# The children


def die_with(parent: int, number: int = signal.SIGTERM) -> None:
    """Have the system end this process when its parent is gone, however that went."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent, number), daemon=True).start()
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def _watch(parent: int, number: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), number)


def _as_child(parent: int) -> None:
    """A child obeys its parent alone: a Ctrl-C reaches the parent, which passes it on."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setpgrp()
    die_with(parent)


def _command(*words: str) -> NoReturn:
    """Run `flask --app app …` in this process."""
    _as_child(os.getppid())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from flask.cli import FlaskGroup

    FlaskGroup().main(args=["--app", APPLICATION.partition(":")[0], *words], prog_name="flask")


def _web(address: Address, workers: int) -> None:
    """The web server: one process that watches, and `workers` that answer."""
    _as_child(os.getppid())
    multiprocessing.set_start_method("fork", force=True)
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        APPLICATION,
        address=address[0],
        port=address[1],
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        runtime_threads=1,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=THREADS * 16,
        log_level=LogLevels.error,
        workers_kill_timeout=STOP_SECONDS - 2,
    ).serve(target_loader=_load)


def _load(target: str) -> Any:
    die_with(os.getppid(), signal.SIGKILL)
    module, _, name = target.partition(":")
    return getattr(__import__(module), name)


class _House:
    """The parent: starts the children, waits for the first that ends or the signal to stop."""

    def __init__(self, settings: Settings, address: Address) -> None:
        self.settings, self.address = settings, address
        self.asked_to_stop = False
        self.children: dict[str, BaseProcess] = {}

    def run(self) -> int:
        """Serve until asked to stop; the exit code."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        gc.collect()
        gc.freeze()  # what the children share stays shared
        self._start("web server", _web, self.address, self.settings.workers)
        self._start("scheduler", _command, "jobs", "schedule")
        try:
            self._announce()
            while not self.asked_to_stop and not self._ended():
                wait([reader, *(child.sentinel for child in self.children.values())])
            ended = [] if self.asked_to_stop else self._ended()
            for name in ended:
                code = self.children[name].exitcode
                click.echo(f"The {name} ended by itself (exit code {code}): stopping.", err=True)
        finally:
            self._end_children()
        click.echo("Sunhome has stopped.")
        return 1 if ended else 0

    def _start(self, name: str, target: Callable[..., Any], *arguments: Any) -> None:
        child = fork.Process(target=target, args=arguments, name=name)
        child.start()
        self.children[name] = child

    def _stop(self, *_: Any) -> None:
        self.asked_to_stop = True

    def _ended(self) -> list[str]:
        return [name for name, child in self.children.items() if not child.is_alive()]

    def _announce(self) -> None:
        """Wait for the first answer, then say where it is and who may sign in."""
        host, port = self.address
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        patience = time.monotonic() + START_SECONDS
        while not self.asked_to_stop and not self._ended() and time.monotonic() < patience:
            if _answers(near, port):
                break
            time.sleep(0.02)
        else:
            return
        shown = f"[{near}]" if ":" in near else near
        click.echo(f"\nSunhome 阳光家园  http://{shown}:{port}")
        click.echo(accounts(self.settings) + "Ctrl-C stops it.")

    def _end_children(self) -> None:
        for child in self.children.values():
            if child.is_alive():
                child.terminate()
        latest = time.monotonic() + STOP_SECONDS
        for name, child in self.children.items():
            child.join(max(0.1, latest - time.monotonic()))
            if child.is_alive():
                click.echo(f"The {name} did not stop by itself: ended.", err=True)
                child.kill()
                child.join()


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False


def accounts(settings: Settings) -> str:
    """The demo accounts as a table; empty for a portal that was not seeded."""
    try:
        rows = json.loads(settings.demo_accounts.read_text("utf-8"))
        lines = [(str(row["role"]), str(row["staff_no"]), str(row["password"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    lines.insert(0, ("Demo account", "Staff number", "Password"))
    wide = [max(len(line[column]) for line in lines) + 2 for column in range(3)]
    table = (
        "".join(part.ljust(width) for part, width in zip(line, wide, strict=True)) for line in lines
    )
    return "\n" + "\n".join(line.rstrip() for line in table) + "\n\n"


def serve() -> int:
    """Start everything and stay until it is stopped; the exit code. Says in a sentence why not."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = load_settings()
        with ExitStack() as held:
            address = held.enter_context(claimed_port(settings))
            upkeep.check_folder(settings)
            secret_key(settings.instance)
            held.enter_context(upkeep.running(settings))
            prepare(settings)
            __import__(APPLICATION.partition(":")[0])
            return _House(settings, address).run()
    except Unready as error:
        click.echo(f"Sunhome did not start. {error}", err=True)
        return 1
    except KeyboardInterrupt:
        click.echo("Sunhome has stopped before it was ready.", err=True)
        return 130


@click.command("serve")
def serve_command() -> None:
    """Start web server and scheduler; Ctrl-C stops both."""
    sys.exit(serve())


def install(app: Flask) -> None:
    """Add the command."""
    app.cli.add_command(serve_command)


if __name__ == "__main__":
    sys.exit(serve())
