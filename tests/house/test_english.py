"""Nobody who reads English meets Chinese, but for what colleagues wrote and what things are called:
every page of every role, crawled in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import html5lib
import pytest
from sqlalchemy import String, select, update

from portal.base.db import Base
from portal.people.models import Person
from tests.growth import sheets
from tests.people.test_import import AGENT, LEADER, roster
from tests.stage import PAGES, setting

CHINESE = re.compile(r"[\u3400-\u9fff]+")
SPOKEN = ("alt", "aria-label", "placeholder", "title")


@pytest.mark.on("sqlite")
def test_no_chinese_in_english(client_of: Any, cast: Any, db: Any) -> None:
    with db() as session:
        ids = setting(cast)
        session.execute(update(Person).values(locale="en"))
    with db(read_only=True) as session:
        data = "\n".join(_data(session))
    found: dict[str, str] = {}
    for part, paths in PAGES.items():
        client = client_of(getattr(cast, part))
        for path in dict.fromkeys(path.format(**ids) for path in paths):
            text = super(type(client), client).open(path).text
            for words in _words(html5lib.parse(text, namespaceHTMLElements=False)):
                for chinese in CHINESE.findall(words):
                    if chinese not in data:
                        found.setdefault(words.strip(), f"{part} {path}")
    assert not found, "\n".join(f"{place}: {words}" for words, place in found.items())


def _data(session: Any) -> Iterator[str]:
    """Every text in the database, and in the files that were sent."""
    for table in Base.metadata.sorted_tables:
        texts = [each for each in table.columns if isinstance(each.type, String)]
        for column in texts:
            yield from (each for each in session.scalars(select(column)) if isinstance(each, str))
    yield from sheets.NAMES
    yield from (group for _first, _last, group in sheets.GROUPS)
    yield roster(LEADER, AGENT).decode()


def _words(element: Any) -> Iterator[str]:
    """What is read or read aloud, outside of what is marked as Chinese."""
    if not isinstance(element.tag, str) or element.get("lang") == "zh-CN":
        return
    if element.tag not in {"script", "style"}:
        yield element.text or ""
        for name in SPOKEN:
            yield element.get(name) or ""
    for each in element:
        yield from _words(each)
        yield each.tail or ""
