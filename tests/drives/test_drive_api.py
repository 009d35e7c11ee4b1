"""The drives' part of the API: doors, scopes, refusals in problem+json, replays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.drives.models import Gift
from tests.drives.making import as_viewer, new_drive


def count(db: Any) -> int:
    return int(db.scalar(select(func.count()).select_from(Gift)))


def test_drives_are_read(call: Any, cast: Any, drive: int) -> None:
    listed = call(cast.agent, "get", "/drives/").json
    assert [row["id"] for row in listed["drives"]] == [drive]
    assert listed["next"] is None
    one = call(cast.agent, "get", f"/drives/{drive}").json
    assert one == listed["drives"][0]
    assert (one["phase"], one["goal_fen"], one["raised_fen"]) == ("running", 6_000_000, 0)


def test_coins_are_given_once_per_key(call: Any, cast: Any, db: Any, drive: int) -> None:
    path, body = f"/drives/{drive}/gifts", {"amount": 4, "message": "加油"}
    first = call(cast.agent, "post", path, key="gift-0001", json=body)
    assert first.status_code == 201
    assert first.json["giver"] == "王小明"
    assert (first.json["amount_coins"], first.json["amount_fen"]) == (4, None)
    again = call(cast.agent, "post", path, key="gift-0001", json=body)
    assert again.get_data() == first.get_data()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = call(cast.agent, "post", path, key="gift-0001", json={"amount": 5})
    assert other.status_code == 409
    assert call(cast.agent, "post", path, json=body).status_code == 400
    assert count(db) == 1
    listed = call(cast.outsider, "get", path).json
    assert [gift["amount_coins"] for gift in listed["gifts"]] == [4]


def test_cash_is_recorded_once_per_key(call: Any, cast: Any, db: Any, drive: int) -> None:
    path = f"/drives/{drive}/cash"
    body = {
        "amount_fen": 12_345, "shown": "committee", "giver": cast.agent.staff_no,
        "counted_by": cast.station.staff_no,
    }  # fmt: skip
    for _again in range(2):
        answer = call(cast.committee, "post", path, key="cash-0001", json=body)
        assert answer.status_code == 201
        assert answer.json["receipt_no"] == 1
    assert count(db) == 1
    assert call(cast.agent, "get", f"/drives/{drive}").json["raised_fen"] == 12_345
    assert call(cast.agent, "post", path, key="cash-0002", json=body).status_code == 403
    assert call(cast.station, "post", path, key="cash-0003", json=body).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": 2.0},
        {"amount": "5"},
        {"amount": "５"},
        {"amount": True},
        {"amount": None},
        {"amount": 10**30},
        {"amount": 21},
        {"amount": 5, "amount_fen": 5},
        {"amount_fen": 500},
        {"amount": 5, "giver_id": 1},
        {"amount": 5, "shown": "everybody"},
        {"amount": 5, "message": "长" * 201},
        {"amount": 5, "message": "空\x00字"},
        {"amount": 5, "message": "\ud800"},
    ],
    ids=str,
)
def test_wrong_gifts_are_refused(
    call: Any, cast: Any, db: Any, drive: int, body: dict[str, Any]
) -> None:
    answer = call(cast.agent, "post", f"/drives/{drive}/gifts", key="wrong-001", json=body)
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"
    assert count(db) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_fen": 0},
        {"amount_fen": 10**12},
        {"amount_fen": 12.5},
        {"amount": 5},
        {"counted_by": "001801"},
        {"counted_by": "003217"},
        {"counted_by": "nobody"},
        {"counted_by": ""},
        {"giver": "002200"},
        {"giver_name": "某人"},
        {"shown": "anonymous"},
        {"giver": None},
    ],
    ids=str,
)
def test_wrong_cash_is_refused(
    call: Any, cast: Any, db: Any, drive: int, changes: dict[str, Any]
) -> None:
    body = {
        "amount_fen": 100, "shown": "public", "giver": cast.agent.staff_no,
        "counted_by": cast.station.staff_no,
    }  # fmt: skip
    path = f"/drives/{drive}/cash"
    answer = call(cast.committee, "post", path, key="wrong-001", json=body | changes)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] in {*changes, "giver"}
    assert count(db) == 0


def test_doors(app: Any, call: Any, cast: Any, db: Any, drive: int) -> None:
    with db():
        draft = new_drive(as_viewer(cast.committee)).id
    bare = app.test_client().get("/api/v1/drives/")
    assert bare.status_code == 401
    assert bare.mimetype == "application/problem+json"
    for path in ("/drives/", f"/drives/{drive}", f"/drives/{drive}/gifts"):
        assert call(cast.agent, "get", path, scopes="coins:read").status_code == 403
    written = call(
        cast.agent, "post", f"/drives/{drive}/gifts", scopes="drives:read", key="k" * 9,
        json={"amount": 1},
    )  # fmt: skip
    assert written.status_code == 403
    for number in (draft, 999_999, 2**63, 10**30):
        for path in (f"/drives/{number}", f"/drives/{number}/gifts"):
            assert call(cast.agent, "get", path).status_code == 404
        for verb in ("gifts", "cash"):
            body = {"amount": 1}
            if verb == "cash":
                body = {"amount_fen": 1, "shown": "anonymous", "counted_by": "001903"}  # type: ignore[dict-item]
            member = cast.agent if verb == "gifts" else cast.committee2
            answer = call(
                member,
                "post",
                f"/drives/{number}/{verb}",
                key=f"longer-key-{number}"[:99],
                json=body,
            )
            assert answer.status_code == (403 if (verb, number) == ("cash", draft) else 404)
    for after in ("x", "-1", "1e3", "９", "9" * 40):
        assert call(cast.agent, "get", f"/drives/?after={after}").status_code == 422
