"""A web server to be measured, with the settings of `make run`: `python -m bench.server APP PORT`.

Also the processor time and the memory of it and its children.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from pathlib import Path
from typing import Any

from portal.base import serve

TICKS = os.sysconf("SC_CLK_TCK")


class Served:
    """A server at work on `port`, in processes of its own."""

    def __init__(self, application: str, port: int, environment: dict[str, str]) -> None:
        self.port = port
        command = [sys.executable, "-m", "bench.server", application, str(port)]
        self.process = subprocess.Popen(command, env=environment)

    def wait(self) -> None:
        """Until it answers."""
        latest = time.monotonic() + 120
        while time.monotonic() < latest and self.process.poll() is None:
            with suppress(OSError, HTTPException):
                connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                return
            time.sleep(0.1)
        raise RuntimeError("a server did not start")

    def processes(self) -> list[int]:
        return family(self.process.pid)

    def megabytes(self) -> float:
        """What its largest process holds in memory now: the worker."""
        return max(_status(pid, "VmRSS") for pid in self.processes()) / 1024

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def family(pid: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def processor_seconds(pids: list[int]) -> float:
    """Processor time of these processes so far, all threads, their own and the system's."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _status(pid: int, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1])
    return 0.0


def _load(target: str) -> Any:
    """The application, from a module in a package too; it does not outlive its server."""
    serve.die_with(os.getppid(), signal.SIGKILL)
    module, _colon, name = target.partition(":")
    return getattr(import_module(module), name)


if __name__ == "__main__":
    serve.APPLICATION = sys.argv[1]
    serve._load = _load
    serve._web(("127.0.0.1", int(sys.argv[2])), 1)
