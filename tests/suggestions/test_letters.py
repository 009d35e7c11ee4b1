"""Every notice of this room can be said, in both languages, from its params alone."""

from __future__ import annotations

from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from portal.notify.models import Notice
from portal.notify.queries import kinds, worded
from portal.suggestions import rules
from portal.suggestions.models import Kind, Status, Suggestion
from tests.suggestions.making import answer, as_viewer, send

PARAMS: dict[str, list[dict[str, Any]]] = {
    "sent": [{"title": "<b>热水", "who": "王小明", "days": days} for days in (1, 7)],
    "answered": [
        {"title": "热水", "who": "张敏", "status": status.value, "reason_said": "换了。",
         "coins": coins}
        for status in (Status.ANSWERED, Status.IN_WORK, Status.ADOPTED, Status.DONE,
                       Status.DECLINED)
        for coins in (0, 20)
    ],
    "handed_over": [{"title": "热水", "who": "张敏", "because": "归后勤管。"}],
    "new_owner": [{"title": "热水", "who": "张敏", "owner": "何文静"}],
    "withdrawn": [{"title": "热水", "who": "王小明"}],
    "commented": [{"title": "热水", "who": "曾雨", "said": "我们也是。"}],
    "remind": [{"late": late, "soon": soon} for late, soon in ((1, 0), (2, 1), (0, 3))],
    "escalated": [
        {"late": 1, "owners": 1, "names": "张敏"}, {"late": 9, "owners": 2, "names": "张敏、单丽"},
    ],
}  # fmt: skip


def test_all_kinds_are_tried(app: Any) -> None:
    with app.app_context():
        written = {kind.partition(".")[2] for kind in kinds() if kind.startswith("suggestions.")}
    assert written == set(PARAMS)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "params"), [(name, params) for name, many in PARAMS.items() for params in many]
)
def test_each_is_said(app: Any, name: str, params: dict[str, Any], language: str) -> None:
    notice = Notice(kind=f"suggestions.{name}", params=params, why="")
    with app.test_request_context(), force_locale(language):
        letter = worded(notice)
    assert all((letter.title, letter.text, letter.about, letter.why))
    whole = letter.title + letter.text
    assert "%(" not in whole
    assert "&lt;" not in whole
    if params.get("coins"):
        assert "20" in letter.text


def test_the_rules_give_what_the_letters_need(app: Any, db: Any, cast: Any) -> None:
    """Each notice written by the rules is worded without a gap."""
    with db() as session:
        suggestion = send(cast.agent, Kind.GOLDEN_FINGER)
        viewer = as_viewer(cast.leader)
        rules.comment(viewer, suggestion, words="好主意。")
        rules.hand_over(viewer, suggestion, owner_id=cast.hr.id, reason="归人力资源部。")
        answer(cast.hr, suggestion, Status.DONE)
        rules.withdraw(as_viewer(cast.colleague), send(cast.colleague), reason="重复了")
        session.flush()
    with db(read_only=True) as session, app.test_request_context():
        notices = session.scalars(select(Notice)).all()
        names = {notice.kind.partition(".")[2] for notice in notices}
        assert names == {"sent", "commented", "handed_over", "new_owner", "answered", "withdrawn"}
        for notice in notices:
            params = next(iter(PARAMS[notice.kind.partition(".")[2]]))
            assert set(notice.params) == set(params)
            assert worded(notice).text
    assert db.scalar(select(Suggestion.id)) is not None
