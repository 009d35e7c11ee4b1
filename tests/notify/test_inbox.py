"""The inbox: unread first, page by page, read one, read all, why me."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from portal.notify.models import Notice, Preference

KIND = "greetings.birthday"


def unread(db, member) -> int:
    return db.scalar(
        select(func.count())
        .select_from(Notice)
        .where(Notice.person_id == member.id, Notice.read_at.is_(None))
    )


def test_reading_one_leads_to_what_it_is_about(db, cast, tell, client_of) -> None:
    tell(cast.agent)
    client = client_of(cast.agent)
    page = client.get("/notify/").text
    assert "为什么告诉我" in page
    assert "登记的生日" in page
    url = re.search(r'action="(/notify/[0-9]+/read)"', page)
    assert url
    answer = client.act(url[1])
    assert (answer.status_code, answer.location) == (303, "/greetings/")
    assert unread(db, cast.agent) == 0
    assert "新" not in re.findall(r'class="chip sun">([^<]+)<', client.get("/notify/").text)


def test_getting_the_page_reads_nothing(db, cast, tell, client_of) -> None:
    tell(cast.agent)
    client_of(cast.agent).get("/notify/")
    assert unread(db, cast.agent) == 1


def test_nobody_reads_anothers(db, cast, tell, client_of) -> None:
    tell(cast.agent)
    number = db.scalar(select(Notice.id))
    for member in (cast.colleague, cast.leader, cast.hr, cast.administrator):
        assert client_of(member).act(f"/notify/{number}/read").status_code == 404
    assert client_of(cast.agent).act("/notify/999999/read").status_code == 404
    assert unread(db, cast.agent) == 1


def test_read_all(db, cast, tell, client_of) -> None:
    for number in range(3):
        tell(cast.agent, str(number))
    tell(cast.colleague, "other")
    assert client_of(cast.agent).act("/notify/read-all").status_code == 303
    assert (unread(db, cast.agent), unread(db, cast.colleague)) == (0, 1)


def test_page_by_page_each_once(db, cast, tell, client_of) -> None:
    for number in range(60):
        tell(cast.agent, str(number))
    client, url, found = client_of(cast.agent), "/notify/?show=all", []
    while url:
        page = client.get(url).text
        found += re.findall(r"/notify/([0-9]+)/read", page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        url = more[1].replace("&amp;", "&") if more else ""
    assert len(found) == len(set(found)) == 60
    assert found == sorted(found, key=int, reverse=True)


@pytest.mark.parametrize("after", ["x", "1-1", "9" * 20 + "-1", "20260101000000000000-" + "9" * 30])
def test_a_mark_that_is_none_begins_at_the_top(cast, tell, client_of, after) -> None:
    tell(cast.agent)
    assert client_of(cast.agent).get(f"/notify/?after={after}").status_code == 200


def test_hostile_words_stay_words(cast, tell, client_of) -> None:
    tell(cast.agent, params={"name": "<script>alert(1)</script>\n王", "words": 0, "late": 0,
                             "on": "x", "calendar": "solar", "coins": 0})  # fmt: skip
    page = client_of(cast.agent).get("/notify/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_kind_without_words_any_more_does_not_break_the_page(db, cast, client_of) -> None:
    with db() as session:
        session.add(Notice(person_id=cast.agent.id, kind="gone.thing", key="1", params={}))
    assert "gone.thing" in client_of(cast.agent).get("/notify/").text


def test_choosing_what_is_mailed(db, cast, client_of) -> None:
    client = client_of(cast.agent)
    assert client.submit("/notify/mail", mail=[]).status_code == 303
    assert db.scalar(select(Preference.mail).where(Preference.kind == KIND)) is False
    assert client.submit("/notify/mail", mail=[KIND]).status_code == 303
    assert db.scalar(select(Preference.mail).where(Preference.kind == KIND)) is True
    assert client.submit("/notify/mail", mail=["no.kind"]).status_code == 422


def test_empty(cast, client_of) -> None:
    assert "还没有提醒" in client_of(cast.agent).get("/notify/").text
