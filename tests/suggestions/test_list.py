"""The lists: what each holds, in which order, page by page, and who sees what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.base import clock
from portal.suggestions import policy, queries, rules
from portal.suggestions.models import Kind, Status, Suggestion
from portal.suggestions.queries import LISTS
from tests.suggestions.making import answer, as_viewer, send

TITLES = {
    "waiting": "等着的一条", "late": "超期的一条", "work": "在办的一条", "adopted": "采纳的一条",
    "done": "办成的一条", "declined": "没采纳的一条", "withdrawn": "撤回的一条",
}  # fmt: skip


@pytest.fixture
def one_of_each(db: Any, cast: Any) -> dict[str, int]:
    """The agent's suggestions, one for each way they can stand; the leader owns them."""
    with db() as session:
        made = {name: send(cast.agent, title=title) for name, title in TITLES.items()}
        made["late"].answer_due_on = clock.today() - timedelta(days=2)
        answer(cast.leader, made["work"], Status.IN_WORK)
        answer(cast.leader, made["adopted"], Status.ADOPTED)
        answer(cast.leader, made["done"], Status.DONE)
        answer(cast.leader, made["declined"], Status.DECLINED)
        rules.withdraw(as_viewer(cast.agent), made["withdrawn"], reason="重复了")
        session.flush()
        return {name: row.id for name, row in made.items()}


def names(db: Any, member: Any, which: str, made: dict[str, int], **more: Any) -> list[str]:
    by_id = {number: name for name, number in made.items()}
    with db(read_only=True):
        lines, _further = queries.listed(as_viewer(member), which, **more)
    return [by_id[line.id] for line in lines]


@pytest.mark.parametrize(
    ("which", "member", "wanted"),
    [
        ("all", "outsider", "declined done adopted work late waiting"),
        ("all", "agent", "withdrawn declined done adopted work late waiting"),
        ("open", "outsider", "adopted work late waiting"),
        ("overdue", "outsider", "late"),
        ("adopted", "outsider", "done adopted"),
        ("mine", "agent", "withdrawn declined done adopted work late waiting"),
        ("mine", "outsider", ""),
        ("queue", "leader", "late waiting"),
        ("queue", "outsider", ""),
        ("working", "leader", "adopted work"),
    ],
)
def test_what_each_list_holds(
    db: Any, cast: Any, one_of_each: dict[str, int], *, which: str, member: str, wanted: str
) -> None:
    assert names(db, getattr(cast, member), which, one_of_each) == wanted.split()


@pytest.mark.parametrize("which", LISTS)
def test_every_list_is_a_page(
    db: Any, cast: Any, client_of: Any, one_of_each: dict[str, int], which: str
) -> None:
    path = "/suggestions/" + ("" if which == "all" else which)
    for member in (cast.agent, cast.leader, cast.outsider):
        page = client_of(member).get(path)
        assert page.status_code == 200
        for name in names(db, member, which, one_of_each):
            assert TITLES[name] in page.text


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("typed", ["", "一条"])
def test_pages_follow_one_another_without_gap_or_double(
    db: Any, cast: Any, one_of_each: dict[str, int], which: str, typed: str
) -> None:
    for member in (cast.agent, cast.leader):
        whole = names(db, member, which, one_of_each, typed=typed)
        seen: list[str] = []
        after: str | None = None
        with db(read_only=True):
            viewer = as_viewer(member)
            while True:
                lines, after = queries.listed(viewer, which, typed=typed, after=after, limit=2)
                seen += [name for line in lines for name, n in one_of_each.items() if n == line.id]
                if after is None:
                    break
        assert seen == whole


def test_the_page_leads_to_the_next(db: Any, cast: Any, client_of: Any) -> None:
    with db():
        for number in range(30):
            send(cast.agent, title=f"第{number:02d}条")
    browser = client_of(cast.colleague)
    first = browser.get("/suggestions/").text
    assert "第29条" in first
    assert "第04条" not in first
    with db(read_only=True):
        further = queries.listed(as_viewer(cast.colleague))[1]
    assert f"after={further}" in first
    second = browser.get(f"/suggestions/?after={further}").text
    assert "第04条" in second
    assert "第05条" not in second


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "2026-13-45.1", "2026-01-01.1", "1.1", "٣"])
@pytest.mark.parametrize("which", ["", "overdue"])
def test_an_invented_cursor_is_no_error(
    cast: Any, client_of: Any, fault: int, after: str, which: str
) -> None:
    answered = client_of(cast.agent).get(f"/suggestions/{which}", query_string={"after": after})
    assert answered.status_code == 200


@pytest.mark.parametrize("part", ["agent", "colleague", "outsider", "leader", "hr", "auditor"])
def test_seeing_one_and_seeing_it_listed_are_the_same(
    db: Any, cast: Any, one_of_each: dict[str, int], part: str
) -> None:
    with db(read_only=True) as session:
        viewer = as_viewer(getattr(cast, part))
        listed = set(session.scalars(select(Suggestion.id).where(queries.visible_to(viewer))))
        seen = {row.id for row in session.scalars(select(Suggestion))
                if policy.may_see(viewer, row)}  # fmt: skip
    assert listed == seen
    assert (one_of_each["withdrawn"] in seen) == (part == "agent")


@pytest.mark.parametrize("path", ["999", "999/answer", "9223372036854775808", "0"])
def test_what_is_not_there_is_not_found(cast: Any, client_of: Any, path: str) -> None:
    assert client_of(cast.agent).get(f"/suggestions/{path}").status_code == 404


def test_strangers_are_asked_to_sign_in(client: Any, fault: int) -> None:
    for path in ("/suggestions/", "/suggestions/new", f"/suggestions/{fault}"):
        assert client.get(path).status_code == 303


def test_counts_of_what_is_due(db: Any, cast: Any, one_of_each: dict[str, int]) -> None:
    with db(read_only=True):
        found = queries.pending(as_viewer(cast.leader))
        nothing = queries.pending(as_viewer(cast.outsider))
    assert (found.overdue, found.waiting_for_me, found.with_me) == (1, 2, 2)
    assert (nothing.overdue, nothing.waiting_for_me, nothing.with_me) == (1, 0, 0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_promise_is_said_in_days(
    db: Any, cast: Any, client_of: Any, fault: int, language: str
) -> None:
    said = {
        -3: ("超期 3 天未答复", "3 days overdue"),
        0: ("今天答复", "due today"),
        1: ("明天答复", "due tomorrow"),
        2: ("还有 2 天答复", "due in 2 days"),
    }
    browser = client_of(cast.colleague)
    for days, words in said.items():
        with db() as session:
            due = clock.today() + timedelta(days=days)
            session.execute(update(Suggestion).values(answer_due_on=due))
        pages = (browser.get("/suggestions/"), browser.get(f"/suggestions/{fault}"))
        assert all(words[0] in page.text for page in pages)
    if language == "en":
        browser.act("/people/language", language="en")
        assert words[1] in browser.get("/suggestions/").text


def test_both_kinds_are_shown_with_their_own_fields(
    db: Any, cast: Any, client_of: Any, fault: int
) -> None:
    with db():
        idea = send(cast.agent, Kind.GOLDEN_FINGER).id
    browser = client_of(cast.colleague)
    assert "哪里不对" in browser.get(f"/suggestions/{fault}").text
    page = browser.get(f"/suggestions/{idea}").text
    assert "会有什么好处" in page
    assert "哪里不对" not in page
