"""What coins add to the growth file."""

from __future__ import annotations

from typing import Any

from portal.coins import queries, room
from portal.people.queries import viewer_of_person
from tests.coins.conftest import REASON


def test_received_and_kept(cast: Any, app: Any, db: Any, fund: Any, give: Any) -> None:
    fund()
    award_id = give(5)
    with db(read_only=True), app.test_request_context():
        own = viewer_of_person(cast.agent.id)
        leader = viewer_of_person(cast.leader.id)
        assert own is not None
        assert leader is not None
        (section,) = room.file_sections(cast.agent.id, own)
        (seen,) = room.file_sections(cast.agent.id, leader)
        (none,) = room.file_sections(cast.colleague.id, leader)
    assert section.value == seen.value == "5"
    assert section.entries[0].url == f"/coins/awards/{award_id}"
    assert seen.entries[0].url is None
    assert REASON in seen.entries[0].text
    assert (none.value, list(none.entries)) == ("0", [])
    assert queries.file_sections is room.file_sections
