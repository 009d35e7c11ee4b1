"""What /readyz and the jobs page say when nobody runs the jobs, or one of them fails."""

from __future__ import annotations

from datetime import date

from portal.jobs import rules


def test_a_portal_that_is_just_starting_is_ready(*, with_jobs, book, at, client) -> None:
    at("2026-03-01 08:00")
    with_jobs(book.job())
    assert client.get("/readyz").status_code == 200


def test_no_scheduler_for_five_minutes(*, app, cast, at, client, client_of) -> None:
    at("2026-03-01 08:00")
    with app.app_context():
        rules.beat("one")
    at("2026-03-01 08:04")
    assert client.get("/readyz").status_code == 200
    assert "没有动静" not in client_of(cast.administrator).get("/jobs/").text
    at("2026-03-01 08:06")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "no scheduler since 2026-03-01 00:00 UTC" in answer.json["checks"]["scheduler"]
    assert "没有动静" in client_of(cast.administrator).get("/jobs/").text
    with app.app_context():
        rules.beat("two")
    assert client.get("/readyz").status_code == 200


def test_a_failing_job(*, app, cast, with_jobs, book, at, client, client_of) -> None:
    with_jobs(book.job())
    book.error = OSError("disk full")
    at("2026-03-01 08:00")
    with app.app_context():
        rules.run_due()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]["jobs"]) == (503, "failing: tests.book")
    assert "disk full" in client_of(cast.administrator).get("/jobs/").text
    book.error = None
    with app.app_context():
        rules.run("tests.book", date(2026, 3, 1))
    assert client.get("/readyz").status_code == 200
    assert "disk full" not in client_of(cast.administrator).get("/jobs/").text
