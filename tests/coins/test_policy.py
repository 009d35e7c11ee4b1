"""Who sees an award: `may_see` and `visible_to` are the same, for each of the cast."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import select

from portal.coins import policy, queries
from portal.coins.models import Award
from portal.people.queries import viewer_of_person
from tests.cast import Cast

SEES = {"agent", "colleague", "leader", "manager", "hr", "auditor", "general_manager"}


@pytest.mark.parametrize("who", [field.name for field in fields(Cast)])
def test_may_see_and_visible_to_agree(
    cast: Any, client_of: Any, db: Any, fund: Any, give: Any, *, who: str
) -> None:
    fund()
    fund(leader=cast.other_leader)
    mine, other = give(key="a"), give(key="b", by=cast.other_leader, people=[cast.outsider])
    with db(read_only=True) as session:
        viewer = viewer_of_person(getattr(cast, who).id)
        if viewer is None:
            assert who in {"leaver", "disabled"}
            return
        listed = set(session.scalars(select(Award.id).where(queries.visible_to(viewer))))
        judged = {award.id for award in session.scalars(select(Award))
                  if policy.may_see(viewer, award)}  # fmt: skip
    assert listed == judged
    assert (mine in judged) == (who in SEES)
    answer = client_of(getattr(cast, who)).get(f"/coins/awards/{mine}")
    assert answer.status_code == (200 if who in SEES else 404)
    assert (other in judged) == (
        who in {"outsider", "other_leader", "hr_other", "auditor", "general_manager"}
    )
