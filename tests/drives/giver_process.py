"""What one process does in the parallel tests: gives, or records cash, as often as it can."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Doer:
    """Who tries what how often: coins of the own wallet, or cash counted with another."""

    id: int
    times: int
    counter_id: int | None = None


def work(url: str, folder: Path, drive_id: int, doer: Doer, answers: Any) -> None:
    """Try gifts of one coin (or of one yuan, with a counter); tell how many were taken."""
    warnings.simplefilter("ignore")
    from portal import create_app
    from portal.base.db import attempt, session
    from portal.base.errors import Refused
    from portal.base.settings import Settings
    from portal.drives import rules
    from portal.drives.models import Drive
    from portal.people.queries import viewer_of_person

    app = create_app(Settings(instance=folder, database_url=url))
    taken, refused = 0, []

    def give() -> None:
        viewer, drive = viewer_of_person(doer.id), session().get_one(Drive, drive_id)
        assert viewer is not None
        if doer.counter_id is None:
            rules.give_coins(viewer, drive, amount=1, shown="public")
        else:
            rules.record_cash(
                viewer, drive, amount_fen=100, shown="anonymous", counted_by_id=doer.counter_id
            )

    for _number in range(doer.times):
        with app.app_context():
            try:
                attempt(give, read_only=False, keeps=lambda _done: True)
            except Refused as refusal:
                refused.append(refusal.message)
            else:
                taken += 1
    answers.put((taken, refused))
