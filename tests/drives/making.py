"""Making drives and coins for the tests of this room (inside `with db()`)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from portal.base import clock
from portal.coins.models import AccountKind, Reason
from portal.coins.rules import account, transfer
from portal.drives import rules
from portal.drives.models import Drive, Gift
from portal.people.queries import viewer_of_person


def as_viewer(member: Any) -> Any:
    """The member as rules know them."""
    viewer = viewer_of_person(member.id)
    assert viewer is not None
    return viewer


def new_drive(by: Any, **changes: Any) -> Drive:
    """A draft with everything in it."""
    today = clock.today()
    facts: dict[str, Any] = {
        "title": "为一位同事加油",
        "story": "她需要一段时间休养，我们想帮一把。\n\n谢谢大家。",
        "goal_fen": 6_000_000,
        "opens_on": today - timedelta(days=1),
        "closes_on": today + timedelta(days=9),
        "surplus_rule": "care_fund",
        "unit_id": None,
    }
    return rules.draft_drive(by, **(facts | changes))


def fill_wallet(person_id: int, amount: int) -> None:
    """Coins out of the source into a wallet."""
    transfer(
        key=f"test:{person_id}:{amount}",
        reason=Reason.OPENING,
        legs=[
            (account(AccountKind.ISSUE).id, -amount),
            (account(AccountKind.WALLET, person_id).id, amount),
        ],
        by_id=None,
    )


def hand_over(by: Any, drive: Drive, counter: Any, **changes: Any) -> Gift:
    """Cash of ¥200.00 from nobody in particular, counted by `by` and `counter`."""
    facts: dict[str, Any] = {"amount_fen": 20_000, "shown": "anonymous"}
    return rules.record_cash(by, drive, counted_by_id=counter.id, **(facts | changes))


def token_of(browser: Any) -> str:
    """The CSRF token of this browser, from a page of this room."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/drives/").text)
    assert found
    return found[1]
