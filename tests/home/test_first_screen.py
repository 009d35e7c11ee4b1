"""The first screen: a greeting that knows the hour, three acts of the role, what is mine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from portal.base.clock import HOME_ZONE
from portal.home.queries import ACTS, given_name, greeting
from tests.cast import Cast

PARTS = (
    "agent", "leader", "manager", "hr", "hr_other", "committee", "station", "general_manager",
    "auditor", "administrator",
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_role_has_its_three_acts_and_may_do_them(
    part: str, language: str, cast: Cast, client_of: Callable[..., Any]
) -> None:
    client = client_of(getattr(cast, part))
    with client.session_transaction() as cookie:
        cookie["language"] = language
    page = client.get("/")
    assert page.status_code == 200
    links = [piece.split('"')[0] for piece in page.text.split("card act")[1:]]
    assert len(links) == 3
    hrefs = [piece.split('href="')[1].split('"')[0] for piece in page.text.split("card act")[1:]]
    for href in hrefs:
        assert client.get(href).status_code == 200, f"{part} may not open {href}"


def test_the_roles_of_the_house_each_have_acts() -> None:
    assert {role for role, _acts in ACTS} == {
        "leader", "hr", "general_manager", "committee", "auditor", "station", "administrator",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("王小明", "小明"),
        ("曾雨", "曾雨"),
        ("欧阳晴", "欧阳晴"),
        ("欧阳晴川", "晴川"),
        ("Georgi Facello", "Georgi"),
        ("𠮷田一郎", "田一郎"),
    ],
)
def test_people_are_called_as_colleagues_call_them(name: str, given: str) -> None:
    assert given_name(name) == given


@pytest.mark.parametrize(
    ("hour", "words"),
    [(2, "夜深了"), (6, "早上好"), (10, "上午好"), (13, "中午好"), (15, "下午好"), (20, "晚上好")],
)
def test_the_greeting_knows_the_hour(hour: int, words: str, app: Any) -> None:
    with app.test_request_context("/"):
        moment = datetime(2026, 3, 4, hour, 30, tzinfo=HOME_ZONE)
        assert greeting("王小明", moment) == f"小明，{words}"


def test_a_stranger_is_asked_to_sign_in(client: Any) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (303, "/people/sign-in")


def test_the_feed_tells_the_team_of_an_award(
    cast: Cast, client_of: Callable[..., Any], db: Any
) -> None:
    from portal.coins import rules as coins
    from portal.people.queries import viewer_of_person

    with db():
        leader = viewer_of_person(cast.leader.id)
        assert leader is not None
        coins.fund(None, unit_id=leader.place[0], amount=50, key="test:fund")
        coins.award(
            leader, unit_id=leader.place[0], people=[cast.agent.id], amount=7,
            reason="耐心陪老人学会了缴费，客户专门来电致谢", value="patience", key="test:award-1",
        )  # fmt: skip
    assert "耐心陪老人学会了缴费" in client_of(cast.colleague).get("/").text
    assert "耐心陪老人学会了缴费" not in client_of(cast.outsider).get("/").text
