"""The bare view: Flask, a raw cursor, the very same statements, a small template.

It signs nobody in, checks nothing and says nothing in two languages: the least that a page with
these queries can cost. Settings: BENCH_RECORDINGS, DATABASE_URL.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, render_template_string, request
from sqlalchemy.engine import make_url

from bench.recording import BEGINS, Drawn, Fresh, Given, Moving, Recording, read

app = Flask(__name__)
here = threading.local()
URL = make_url(os.environ["DATABASE_URL"])
RECORDINGS = {each.path: each for each in read(Path(os.environ["BENCH_RECORDINGS"]))}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bare</title></head>
<body><h1>Bare</h1><table>{% for row in rows %}<tr>{% for value in row[:6] %}<td>{{ value }}</td>
{%- endfor %}</tr>
{% endfor %}</table></body></html>"""


class Lite:
    """A raw SQLite connection with the portal's settings."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(URL.database or "", timeout=20, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000"):
            self.raw.execute(f"PRAGMA {pragma}")

    def begin(self, _word: str) -> None:
        """The recording holds the BEGIN itself."""

    def end(self, word: str) -> None:
        if self.raw.in_transaction:
            self.raw.execute(word)


class Post:
    """A raw psycopg connection."""

    def __init__(self) -> None:
        self.raw: psycopg.Connection[Any] = psycopg.connect(
            URL.set(drivername="postgresql").render_as_string(hide_password=False)
        )

    def begin(self, word: str) -> None:
        self.raw.read_only = word == "READ"

    def end(self, word: str) -> None:
        self.raw.commit() if word == "COMMIT" else self.raw.rollback()


class Play:
    """One playing of a recording."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.given: Any = None
        self.fresh: dict[int, str] = {}

    def fill(self, values: Any) -> Any:
        if isinstance(values, dict):
            return {name: self.value(value) for name, value in values.items()}
        return tuple(map(self.value, values))

    def value(self, value: Any) -> Any:
        if isinstance(value, Fresh):
            if value.length not in self.fresh:
                self.fresh[value.length] = secrets.token_hex(value.length)[: value.length]
            return self.fresh[value.length]
        if isinstance(value, Drawn):
            return secrets.randbits(60) + 1
        if isinstance(value, Given):
            return self.given
        if isinstance(value, Moving):
            return value.start + value.step * self.number
        return value


def play(recording: Recording) -> list[Any]:
    """Ask the database the same; answers the rows of the largest answer."""
    if not hasattr(here, "connection"):
        here.connection = Lite() if URL.get_backend_name() == "sqlite" else Post()
        here.count = 0
    here.count += 1
    connection, playing = here.connection, Play(here.count)
    most: list[Any] = []
    try:
        for each in recording.statements:
            if each.sql in BEGINS:
                connection.begin(each.sql)
            elif each.sql in ("COMMIT", "ROLLBACK"):
                connection.end(each.sql)
            else:
                cursor = connection.raw.cursor()
                if each.many:
                    cursor.executemany(each.sql, [playing.fill(some) for some in each.parameters])
                    continue
                cursor.execute(each.sql, playing.fill(each.parameters))
                if cursor.description is not None:
                    rows = cursor.fetchall()
                    if each.sql.startswith("INSERT") and rows:
                        playing.given = rows[0][0]
                    most = rows if len(rows) > len(most) else most
    finally:
        connection.end("ROLLBACK")
    return most


@app.route("/bare/", methods=["GET", "POST"], defaults={"path": ""})
@app.route("/bare/<path:path>", methods=["GET", "POST"])
def bare(path: str) -> Any:
    recording = RECORDINGS[request.path]
    sent = request.form.get("amount") or request.get_json(silent=True)
    rows = play(recording)
    if path.startswith("api/"):
        return {"id": 1, "sent": bool(sent)}, 201
    if request.method == "POST":
        return "", 303, {"Location": "/"}
    return render_template_string(PAGE, rows=rows[: recording.shown])
