"""Closing: no more gifts, the totals stand, the money is held."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.drives.models import Drive
from tests.drives.making import as_viewer, hand_over, new_drive, token_of


def test_closing_states_the_totals(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    with db() as session:
        hand_over(as_viewer(cast.committee), session.get_one(Drive, drive), cast.station)
    client_of(cast.agent).submit(f"/drives/{drive}/give", chosen="10")
    committee = client_of(cast.committee)
    assert committee.submit(f"/drives/{drive}/close", closing_note="").status_code == 422
    answer = committee.submit(f"/drives/{drive}/close", closing_note="谢谢每一位。")
    assert answer.status_code == 303
    page = client_of(cast.outsider).get(f"/drives/{drive}").text
    for words in ("谢谢每一位。", "一共收到 ¥200.00 和 10 枚金币，都在账上", "已结束"):
        assert words in page
    assert "献一份爱心" not in page
    again = committee.submit(f"/drives/{drive}/close", closing_note="再来")
    assert again.status_code == 409
    assert db.scalar(select(Drive.closing_note)) == "谢谢每一位。"
    assert committee.get(f"/drives/{drive}/cash").status_code == 200
    late = committee.submit(
        f"/drives/{drive}/cash", amount_fen="1", shown="anonymous", counted_by="001903"
    )
    assert late.status_code == 409


@pytest.mark.parametrize("part", ["agent", "station", "hr", "auditor", "administrator"])
def test_only_the_committee_closes(client_of: Any, cast: Any, drive: int, part: str) -> None:
    browser = client_of(getattr(cast, part))
    assert browser.get(f"/drives/{drive}/close").status_code == 403
    sent = {"csrf_token": token_of(browser), "closing_note": "完"}
    assert browser.post(f"/drives/{drive}/close", data=sent).status_code == 403


def test_a_draft_is_not_closed(client_of: Any, cast: Any, db: Any) -> None:
    with db():
        number = new_drive(as_viewer(cast.committee)).id
    assert client_of(cast.committee).get(f"/drives/{number}/close").status_code == 403


def test_a_closed_drive_stays_closed(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    client_of(cast.committee).submit(f"/drives/{drive}/close", closing_note="谢谢")
    with pytest.raises(DBAPIError, match="forward"), db() as session:
        session.execute(
            text(
                "UPDATE drive SET state = 'open', closed_at = NULL, closed_by_id = NULL,"
                " closing_note = NULL"
            )
        )
