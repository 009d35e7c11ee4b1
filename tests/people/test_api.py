"""People as JSON: the same policies as the pages."""

from __future__ import annotations

import pytest

from portal.people import queries, rules


@pytest.fixture
def asker(client, db):
    """Asks the API in somebody's name: `asker(cast.agent)("/…")`."""

    def of(member, scopes=("people:read",)):
        from datetime import timedelta

        from portal.base import clock

        with db():
            viewer = queries.viewer_of_person(member.id)
            until = clock.today() + timedelta(days=30)
            _row, token = rules.make_token(viewer, name="t", scopes=list(scopes), expires_on=until)

        def ask(path: str, **query):
            headers = {"Authorization": f"Bearer {token}"}
            return client.get(f"/api/v1/people{path}", headers=headers, query_string=query)

        return ask

    return of


def test_doors(client, asker, cast) -> None:
    assert client.get("/api/v1/people/").status_code == 401
    assert asker(cast.agent, ["coins:read"])("/").status_code == 403
    answer = asker(cast.agent)("/999999")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_the_list(asker, cast) -> None:
    ask = asker(cast.agent)
    assert [p["name"] for p in ask("/", typed="wxm").json["people"]] == ["王小明"]
    seen, after = [], None
    while True:
        part = ask("/", limit=4, **({"after": after} if after else {})).json
        seen += [person["staff_no"] for person in part["people"]]
        after = part["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 15
    assert cast.leaver.staff_no not in seen


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 1000}, {"limit": "x"}, {"unit": "x"}, {"unit": 0}, {"typed": "\x00"},
     {"typed": "a" * 200}, {"unit": 2**63}],
)  # fmt: skip
def test_wrong_queries_are_problems(asker, cast, query) -> None:
    answer = asker(cast.agent)("/", **query)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_wrong_page_key(asker, cast) -> None:
    assert asker(cast.agent)("/", after="nonsense").status_code == 400


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("colleague", set()),
        ("leader", {"since", "contract", "last_day", "phone", "email"}),
        ("hr", {"since", "contract", "last_day", "phone", "email", "birth_date"}),
        ("auditor", {"since", "contract", "last_day"}),
        ("administrator", set()),
        ("agent", {"since", "contract", "last_day", "phone", "email", "birth_date"}),
    ],
)
def test_fields_by_role(asker, cast, part, fields) -> None:
    answer = asker(getattr(cast, part))(f"/{cast.agent.id}").json
    assert set(answer) - {"id", "staff_no", "name", "units", "title"} == fields


def test_leavers(asker, cast) -> None:
    assert asker(cast.agent)(f"/{cast.leaver.id}").status_code == 404
    assert asker(cast.hr_other)(f"/{cast.leaver.id}").status_code == 404
    assert asker(cast.hr)(f"/{cast.leaver.id}").json["last_day"] == "2025-06-30"


def test_oneself(asker, cast) -> None:
    answer = asker(cast.leader)("/me").json
    assert answer["staff_no"] == cast.leader.staff_no
    assert [grant["role"] for grant in answer["roles"]] == ["leader"]
