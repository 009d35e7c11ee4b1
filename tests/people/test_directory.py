"""The directory: found by name, reading, initials, number; paged by key; cheap at any size."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from portal.base import clock
from portal.people import policy, queries
from portal.people.models import Person
from portal.people.queries import viewer_of_person
from tests.ground import engine_of

EVERYBODY = ["agent", "leader", "hr", "hr_other", "auditor", "general_manager", "administrator"]


def names(response) -> list[str]:
    rows = re.findall(r'href="/people/\d+">([^<]+)</a>', response.text)
    return [row.strip() for row in rows]


@pytest.mark.parametrize(
    "typed", ["王小", "wangxiao", "wang xiao", "WXM", "wxm", "003217", "3217", "王小明"]
)
def test_one_is_found(client_of, cast, typed) -> None:
    assert names(client_of(cast.colleague).get("/people/", query_string={"q": typed})) == ["王小明"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("zengyu", "曾雨"), ("zy", "曾雨"), ("shanl", "单丽"), ("qx", "仇雪"), ("xxy", "解晓燕"),
     ("yuchi", "尉迟宁"), ("ouyang", "欧阳晴"), ("zhaz", "查正"), ("lv", "吕航"), ("lu", "吕航"),
     ("lyu", "吕航"), ("lü", "吕航")],
)  # fmt: skip
def test_surnames_are_read_right(client_of, cast, typed, name) -> None:
    assert name in names(client_of(cast.agent).get("/people/", query_string={"q": typed}))


def test_leavers_are_not_listed(client_of, cast) -> None:
    for part in ("agent", "leader", "administrator"):
        assert "朴秀英" not in client_of(getattr(cast, part)).get("/people/?gone=1").text


def test_hr_finds_leavers_of_their_site(client_of, cast) -> None:
    assert names(client_of(cast.hr).get("/people/?gone=1")) == ["朴秀英"]
    assert names(client_of(cast.hr_other).get("/people/?gone=1")) == []


def test_a_unit_and_its_title(client_of, cast, db) -> None:
    with db() as session:
        unit = session.get_one(Person, cast.agent.id).place[0]
    hr = client_of(cast.hr)
    assert set(names(hr.get(f"/people/?unit={unit}"))) == {"王小明", "曾雨", "张敏", "盖平"}
    assert names(hr.get(f"/people/?unit={unit}&title=班长")) == ["张敏"]
    assert names(hr.get(f"/people/?unit={unit}&leave=1")) == []


def test_hr_columns_stop_at_the_site(client_of, cast) -> None:
    text = client_of(cast.hr).get("/people/?q=003217").text
    assert "2022-03-01" in text
    assert "2022-03-01" not in client_of(cast.hr).get("/people/?q=004410").text
    assert "2022-03-01" not in client_of(cast.agent).get("/people/?q=003217").text


def test_paging_shows_everybody_once(client_of, cast, db) -> None:
    with db() as session:
        first = session.get_one(Person, cast.agent.id).place[-1]
        from datetime import date

        from portal.people import rules
        from portal.people.models import Unit

        unit = session.get_one(Unit, first)
        for number in range(60):
            person = rules.add_person(
                name=f"陈{'一二三四五六'[number % 6]}{'甲乙丙丁'[number % 4]}"
            )
            hired = rules.hire(person, staff_no=f"9{number:05d}", since=date(2024, 1, 1))
            rules.assign(hired, unit=unit, title="客服代表", since=date(2024, 1, 1))
    browser, url, seen = client_of(cast.agent), "/people/", []
    while url:
        page = browser.get(url)
        found = re.findall(r'class="cover" href="/people/(\d+)"', page.text)
        assert len(found) <= 25
        seen += found
        nextward = re.search(r'rel="next" href="([^"]+)"', page.text)
        url = nextward[1].replace("&amp;", "&") if nextward else ""
    with db() as session:
        everybody = {str(line.id) for line in queries.lines(queries.staff(clock.today()))}
    assert sorted(seen) == sorted(everybody)


@pytest.mark.parametrize("after", ["", "x", "1", "1.", "99999999999999999999.a", "1.\x00", "-1.a"])
def test_a_strange_page_key_is_the_first_page(client_of, cast, after) -> None:
    answer = client_of(cast.agent).get("/people/", query_string={"after": after})
    assert answer.status_code == 200


@pytest.mark.parametrize("typed", ["%", "_", "'", "\\", "<b>", "\u200b", "😀", "a" * 300, "\ud800"])
def test_strange_searches_find_nobody(client_of, cast, typed) -> None:
    answer = client_of(cast.agent).get(
        "/people/", query_string={"q": typed.encode("utf-8", "replace")}
    )
    assert answer.status_code == 200


def test_the_picker_offers_colleagues_in_service(client_of, cast) -> None:
    browser = client_of(cast.agent)
    text = browser.get("/people/pick?q=w").text
    assert f'data-value="{cast.agent.staff_no}"' in text
    assert text.count('role="option"') <= 8
    assert 'role="option"' not in browser.get("/people/pick?q=朴秀英").text
    assert browser.get("/people/pick?q=").text.strip() == ""


def test_the_door_is_shut_without_signing_in(client) -> None:
    for url in ("/people/", "/people/pick?q=w", "/people/units", "/people/1"):
        assert client.get(url).status_code == 303


def statements(app, work) -> int:
    found: list[str] = []

    def heard(_connection, _cursor, statement, *_rest) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "(SELECT")):
            found.append(statement)

    engine = engine_of(app)
    event.listen(engine, "before_cursor_execute", heard)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    return len(found)


@pytest.mark.parametrize(
    ("part", "url"),
    [
        ("agent", "/people/"),
        ("agent", "/people/?q=w"),
        ("hr", "/people/"),
        ("hr", "/people/?unit=2&title=a&leave=1"),
        ("agent", "/people/pick?q=w"),
        ("hr", "/people/units"),
        ("hr", "/people/roles"),
        ("hr", "/people/import"),
    ],
)
def test_queries_are_few(app, client_of, cast, part, url) -> None:
    browser = client_of(getattr(cast, part))
    browser.get(url)
    assert statements(app, lambda: browser.get(url)) <= 8


@pytest.mark.parametrize("part", ["agent", "leader", "hr"])
def test_the_card_is_cheap(app, client_of, cast, part) -> None:
    browser, url = client_of(getattr(cast, part)), f"/people/{cast.colleague.id}"
    browser.get(url)
    assert statements(app, lambda: browser.get(url)) <= 12


@pytest.mark.parametrize("part", [*EVERYBODY, "manager", "committee", "leaver"])
def test_may_see_and_visible_to_are_twins(db, cast, part) -> None:
    with db() as session:
        viewer = viewer_of_person(getattr(cast, part).id)
        if viewer is None:
            assert part == "leaver"
            return
        listed = set(
            session.scalars(queries_of_people().where(queries.visible_to(viewer, clock.today())))
        )
        for person in session.query(Person):
            assert (person.id in listed) == policy.may_see(viewer, person), person.name


def queries_of_people():
    from sqlalchemy import select

    return select(Person.id)
