"""Running a job by hand: page, API, command."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.db import transaction
from portal.jobs import rules
from portal.jobs.models import JobRun
from portal.people.queries import viewer_of_person
from portal.people.rules.keys import make_token
from tests.cast import PARTS


@pytest.fixture
def jobs(with_jobs: Any, book: Any, at: Any) -> Any:
    at("2026-03-05 09:00")
    with_jobs(book.job(), book.job("tests.queue", at=None, every=5))
    return book


@pytest.fixture
def call(app: Any, cast: Any, client: Any) -> Any:
    """Calls the API as the administrator, with these scopes."""

    def request(
        method: str,
        path: str,
        *,
        scopes: str = "jobs:read jobs:write",
        member: Any = None,
        **rest: Any,
    ) -> Any:
        with app.app_context(), transaction():
            viewer = viewer_of_person((member or cast.administrator).id)
            assert viewer is not None
            expires = date(2026, 12, 31)
            _row, token = make_token(viewer, name="t", scopes=scopes.split(), expires_on=expires)
        headers = {"Authorization": f"Bearer {token}"} | rest.pop("headers", {})
        return client.open(f"/api/v1/jobs{path}", method=method, headers=headers, **rest)

    return request


def test_it_is_handed_to_the_scheduler_and_run_for_that_day(app, db, cast, jobs, client_of) -> None:
    client = client_of(cast.administrator)
    assert client.submit("/jobs/tests.book", day="2026-03-03").status_code == 303
    assert jobs.days == [], "nothing is done inside the request"
    assert "等待中" in client.get("/jobs/tests.book").text
    with app.app_context():
        rules.run_due(only="tests.book")
    assert date(2026, 3, 3) in jobs.days
    page = client.get("/jobs/tests.book").text
    assert cast.administrator.name in page
    assert "完成" in page


def test_again_for_a_day_that_is_done_counts_as_another_round(app, db, cast, jobs) -> None:
    with app.app_context():
        assert rules.run("tests.book", date(2026, 3, 3)).count == 3
        assert rules.run("tests.book", date(2026, 3, 3)).count == 3
    rounds = db.rows(select(JobRun.round).order_by(JobRun.round))
    assert [row.round for row in rounds] == [0, 1]


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-03-06", "还没到"),
        ("2020-01-01", "太久"),
        ("2026-02-30", "没有这一天"),
        ("", "请填写"),
    ],
)
def test_days_that_make_no_sense(cast, jobs, client_of, day, told) -> None:
    answer = client_of(cast.administrator).submit("/jobs/tests.book", day=day)
    assert answer.status_code == 422
    assert told in answer.text


def test_while_it_runs_it_cannot_be_asked_for(app, db, cast, jobs, client_of) -> None:
    client = client_of(cast.administrator)
    client.submit("/jobs/tests.book", day="2026-03-03")
    with db() as session:
        session.query(JobRun).update(
            {"state": "running", "token": "t", "owner": "", "lease_until": func.now()}
        )
        from datetime import timedelta

        from portal.base import clock

        session.query(JobRun).update({"lease_until": clock.now() + timedelta(minutes=5)})
    answer = client.submit("/jobs/tests.book", day="2026-03-03")
    assert answer.status_code == 409
    assert "正在运行" in answer.text


@pytest.mark.parametrize("part", [part for part in PARTS if part not in {"leaver", "disabled"}])
def test_only_the_administrator(cast, jobs, client_of, part) -> None:
    expected = 200 if part == "administrator" else 403
    client = client_of(getattr(cast, part))
    assert client.get("/jobs/").status_code == expected
    assert client.get("/jobs/tests.book").status_code == expected


def test_unknown_jobs_are_not_found(cast, jobs, client_of) -> None:
    client = client_of(cast.administrator)
    for name in ("nothing", "a" * 300, "tests.book%0a"):
        assert client.get(f"/jobs/{name}").status_code == 404


def test_the_page_takes_few_questions(cast, jobs, client_of, app) -> None:
    client = client_of(cast.administrator)
    for number in range(30):
        with app.app_context():
            rules.run("tests.book", date(2026, 2, 1 + number % 28))
    first = client.get("/jobs/tests.book")
    assert "after=" in first.text
    assert client.get("/jobs/tests.book?after=999999999999999999999").status_code == 200


def test_api_lists_jobs_and_runs(jobs, call, app) -> None:
    with app.app_context():
        rules.run("tests.book", date(2026, 3, 3))
    listed = call("GET", "/").json
    assert [item["name"] for item in listed["items"]] == ["tests.book", "tests.queue"]
    assert listed["items"][0]["count"] == 3
    runs = call("GET", "/tests.book/runs").json
    assert [(run["day"], run["state"]) for run in runs["items"]] == [("2026-03-03", "done")]


def test_api_starts_a_run_once_per_key(jobs, call, db, app) -> None:
    headers = {"Idempotency-Key": "a-key-of-mine"}
    body = {"day": "2026-03-03"}
    first = call("POST", "/tests.book/runs", json=body, headers=headers)
    again = call("POST", "/tests.book/runs", json=body, headers=headers)
    assert (first.status_code, first.json["state"]) == (202, "asked")
    assert again.data == first.data
    assert db.scalar(select(func.count()).select_from(JobRun)) == 1
    other = call("POST", "/tests.book/runs", json={"day": "2026-03-04"}, headers=headers)
    assert other.status_code == 409
    with app.app_context():
        rules.run_due(only="tests.book")
    assert date(2026, 3, 3) in jobs.days


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"day": "2026-02-30"}, 422),
        ({"day": "2026-03-06"}, 422),
        ({"day": 5}, 422),
        ({"date": "2026-03-03"}, 422),
        ([], 422),
    ],
)
def test_api_refuses_what_makes_no_sense(jobs, call, db, body, status) -> None:
    answer = call("POST", "/tests.book/runs", json=body, headers={"Idempotency-Key": "x" * 10})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert db.scalar(select(func.count()).select_from(JobRun)) == 0


def test_api_doors(jobs, call, client, cast) -> None:
    assert client.get("/api/v1/jobs/").status_code == 401
    assert call("GET", "/", scopes="people:read").status_code == 403
    assert call("GET", "/", member=cast.hr).status_code == 403
    key = {"Idempotency-Key": "x" * 10}
    assert (
        call("POST", "/tests.book/runs", scopes="jobs:read", json={}, headers=key).status_code
        == 403
    )
    assert call("POST", "/nothing/runs", json={}, headers=key).status_code == 404
    assert call("POST", "/tests.book/runs", json={}).status_code == 400


def test_commands(app, jobs) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["jobs", "run", "tests.book", "--date", "2026-03-03"])
    assert done.exit_code == 0, done.output
    assert "count=3" in done.output
    assert "tests.book" in runner.invoke(args=["jobs", "list"]).output
    unknown = runner.invoke(args=["jobs", "run", "nothing"])
    assert unknown.exit_code == 1
    assert "tests.book" in unknown.output
    later = runner.invoke(args=["jobs", "run", "tests.book", "--date", "2027-03-03"])
    assert later.exit_code == 1
    jobs.error = OSError("no")
    failed = runner.invoke(args=["jobs", "run", "tests.book", "--date", "2026-03-02"])
    assert failed.exit_code == 1
    assert "OSError: no" in failed.output
