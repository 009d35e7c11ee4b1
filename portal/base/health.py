"""Is it alive, is it ready, how is it doing: for load balancers and for the people on call."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from flask import Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text

from portal.base.access import Pages, everyone
from portal.base.db import session
from portal.base.pages import Answer

pages = Pages("health", __name__)

REQUESTS = Counter("sunhome_requests", "Requests answered", ["endpoint", "status"])
SECONDS = Histogram(
    "sunhome_request_seconds", "Time to answer", ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip

Check = Callable[[], str | None]
"""Answers None when all is well, else what is wrong."""


@pages.route("/healthz", who=everyone)
def healthz() -> Answer:
    """The process answers."""
    return {"status": "ok"}


@pages.route("/readyz", who=everyone)
def readyz() -> Answer:
    """The database answers, is of this version, and the scheduler is alive."""
    checks: dict[str, Check] = current_app.extensions["sunhome_checks"]
    found = {name: check() for name, check in checks.items()}
    wrong = {name: why for name, why in found.items() if why}
    body = {
        "status": "unready" if wrong else "ready",
        "checks": {k: v or "ok" for k, v in found.items()},
    }
    answer = jsonify(body)
    answer.status_code = 503 if wrong else 200
    return answer


@pages.route("/metrics", who=everyone)
def metrics() -> Answer:
    """Counters in the format of Prometheus. They hold no names and no records."""
    return Response(generate_latest(), mimetype=CONTENT_TYPE_LATEST)


def database_answers() -> str | None:
    session().execute(text("SELECT 1"))
    return None


def install(app: Flask) -> None:
    """Register the pages and count every answer."""
    app.extensions["sunhome_checks"] = {"database": database_answers}
    app.register_blueprint(pages)

    @app.before_request
    def start_clock() -> None:
        g.started = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        REQUESTS.labels(endpoint, response.status_code).inc()
        if "started" in g:
            SECONDS.labels(endpoint).observe(perf_counter() - g.started)
        return response
