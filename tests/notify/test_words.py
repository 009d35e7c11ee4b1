"""The words of every kind of notice, of all rooms, in both languages."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from portal.notify import queries
from portal.notify.models import Notice
from tests.conftest import ROOT

KINDS = sorted(
    f"{path.parents[1].name}.{path.stem}" for path in (ROOT / "templates").glob("*/mail/*.txt")
)


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def test_the_portal_finds_them_all(app) -> None:
    with app.app_context():
        assert list(queries.kinds()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_each_says_what_it_is_about(app, kind) -> None:
    with app.app_context():
        with force_locale("zh"):
            chinese = queries.about(kind)
        with force_locale("en"):
            english = queries.about(kind)
    assert is_chinese(chinese)
    assert english != kind
    assert not is_chinese(english), f"{kind} has no English words yet"


@pytest.mark.parametrize("kind", KINDS)
def test_params_of_another_version_break_nothing(app, kind) -> None:
    for params in ({}, {"amount": "many", "status": 7, "value": "", "words": "x", "late": "?"}):
        with app.app_context():
            assert queries.worded(Notice(kind=kind, params=params, why="")).title
