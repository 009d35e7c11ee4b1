"""Saying something under a suggestion."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.notify.models import Notice
from portal.suggestions.models import Comment, Status, Suggestion
from tests.client import form_of
from tests.suggestions.making import answer


def url(number: int) -> str:
    return f"/suggestions/{number}"


def count(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Comment)))


def test_author_and_owner_are_told(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    sent = client_of(cast.outsider).submit(url(fault), words="侯马这边也是。")
    assert (sent.status_code, sent.location) == (303, f"/suggestions/{fault}#said")
    assert "侯马这边也是。" in client_of(cast.agent).get(url(fault)).text
    told = db.rows(select(Notice.person_id).where(Notice.kind == "suggestions.commented"))
    assert {person for (person,) in told} == {cast.agent.id, cast.leader.id}


def test_who_speaks_is_not_told(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    client_of(cast.agent).submit(url(fault), words="补充一句。")
    told = db.rows(select(Notice.person_id).where(Notice.kind == "suggestions.commented"))
    assert told == [(cast.leader.id,)]


@pytest.mark.parametrize("words", ["", " \u200b", "说" * 501])
def test_nothing_and_too_much_are_refused(
    db: Any, cast: Any, client_of: Any, fault: int, words: str
) -> None:
    assert client_of(cast.outsider).submit(url(fault), words=words).status_code == 422
    assert count(db) == 0


def test_markup_is_only_text(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    client_of(cast.outsider).submit(url(fault), words="<img src=x onerror=alert(1)>👍")
    page = client_of(cast.agent).get(url(fault)).text
    assert "<img src=x" not in page
    assert "👍" in page


def test_the_same_form_twice_says_it_once(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    browser = client_of(cast.outsider)
    path, fields = form_of(browser.get(url(fault)), url(fault))
    for _time in range(2):
        assert browser.post(path, data={**fields, "words": "一样。"}).status_code == 303
    assert count(db) == 1


def test_after_its_end_one_may_still_speak(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    with db() as session:
        answer(cast.leader, session.get(Suggestion, fault), Status.DONE)
    assert client_of(cast.agent).submit(url(fault), words="谢谢！").status_code == 303


def test_many_are_paged(db: Any, cast: Any, client_of: Any, fault: int) -> None:
    with db() as session:
        session.add_all(
            Comment(suggestion_id=fault, author_id=cast.outsider.id, words=f"第{n:02d}句")
            for n in range(30)
        )
    browser = client_of(cast.agent)
    page = browser.get(url(fault)).text
    assert "第29句" in page
    assert "第04句" not in page
    oldest_shown = db.scalar(select(Comment.id).where(Comment.words == "第05句"))
    older = browser.get(f"{url(fault)}?after={oldest_shown}").text
    assert "第04句" in older
    assert "第05句" not in older
