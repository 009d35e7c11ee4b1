"""Finding titles: two characters of Chinese are enough, and a large house costs no more."""

from __future__ import annotations

from typing import Any

import pytest

from portal.suggestions import queries
from portal.suggestions.queries import terms, tokens
from tests.suggestions.making import as_viewer, send

TITLES = (
    "夜班后半夜没有热水", "热水器温度太低", "耳机海绵一个月就掉渣", "知识库搜不到5G套餐",
    "IVR菜单第三层按0没反应", "班车晚点", "Wi-Fi 信号弱", "水",
)  # fmt: skip


def found(db: Any, member: Any, typed: str) -> set[str]:
    with db(read_only=True):
        lines, _further = queries.listed(as_viewer(member), typed=typed)
    return {line.title for line in lines}


def test_how_titles_are_cut() -> None:
    assert tokens("热水器 IVR菜单") == {"热水", "水器", "器", "ivr", "菜单", "单"}
    assert [(t.token, t.is_beginning) for t in terms("热水器iv")] == [
        ("热水", False), ("水器", False), ("iv", True),
    ]  # fmt: skip
    assert tokens("！？ …") == set()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("热水", {0, 1}), ("海绵", {2}), ("渣", {2}), ("水", {0, 1, 7}), ("套餐", {3}),
        ("5g", {3}), ("５Ｇ", {3}), ("ivr", {4}), ("IV", {4}), ("菜单 ivr", {4}),
        ("夜班热水", set()), ("夜班 热水", {0}), ("晚点", {5}), ("wi-fi", {6}), ("冷水", set()),
        ("热水 冷水", set()), ("%", set()), ("_", set()), ("！", set()), ("𠮷野", set()),
        ("' OR 1=1 --", set()), ("热水" * 50, set()), ("a" * 100, set()), ("\0", set()),
    ],
)  # fmt: skip
def test_words_of_titles(db: Any, cast: Any, typed: str, wanted: set[int]) -> None:
    with db():
        for title in TITLES:
            send(cast.agent, title=title)
    assert found(db, cast.colleague, typed) == {TITLES[number] for number in wanted}


def test_the_page_searches_and_says_when_there_is_nothing(
    db: Any, cast: Any, client_of: Any, fault: int
) -> None:
    browser = client_of(cast.colleague)
    hit = browser.get("/suggestions/", query_string={"q": "热水"})
    assert "夜班后半夜没有热水" in hit.text
    miss = browser.get("/suggestions/", query_string={"q": "<b>咖啡"})
    assert "没有找到" in miss.text
    assert "<b>咖啡" not in miss.text
    assert browser.get("/suggestions/", query_string={"q": "字" * 5000}).status_code == 200
    assert browser.get("/suggestions/?q=%00").status_code == 200
    assert browser.get("/suggestions/?q=%ff").status_code == 200
