"""The list of files that one may open."""

from __future__ import annotations

from typing import Any

import pytest

SEEN = {
    "leader": {"王小明", "曾雨"},
    "other_leader": {"李静"},
    "hr_other": {"李静", "单丽"},
}


@pytest.mark.parametrize("part", SEEN)
def test_just_mine(client_of: Any, cast: Any, part: str) -> None:
    text = client_of(getattr(cast, part)).get("/growth/files").text
    names = {member.name for member in cast.members().values()}
    listed = {name for name in names if f">{name}</a>" in text}
    assert listed == SEEN[part] | ({"盖平"} if part == "leader" else set())


def test_the_way_there(client_of: Any, cast: Any) -> None:
    for part, is_there in (("leader", True), ("hr", True), ("agent", False)):
        text = client_of(getattr(cast, part)).get("/growth/").text
        assert ('href="/growth/files"' in text) == is_there


@pytest.mark.parametrize("part", ["agent", "committee", "station", "administrator"])
def test_not_for_everybody(client_of: Any, cast: Any, part: str) -> None:
    assert client_of(getattr(cast, part)).get("/growth/files").status_code == 403


@pytest.mark.parametrize("typed", ["王小明", "wxm", "wangxiao", "003217"])
def test_found_by_typing(client_of: Any, cast: Any, typed: str) -> None:
    text = client_of(cast.hr).get(f"/growth/files?q={typed}").text
    assert ">王小明</a>" in text
    assert ">曾雨</a>" not in text


@pytest.mark.parametrize("typed", ["%00", "<script>", "😀", "a" * 5000, "%ED%A0%80", "';--"])
def test_whatever_is_typed(client_of: Any, cast: Any, typed: str) -> None:
    answer = client_of(cast.hr).get(f"/growth/files?q={typed}&after={typed}&id=1")
    assert answer.status_code == 200
    assert "<script>" not in answer.text.replace("<script nonce", "")
