"""Who is named: page, list, receipt, API, file and notice agree, for every role (D4, D11)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from portal.base import clock
from portal.drives import policy, queries, rules
from portal.drives.models import Drive, DriveState, Gift
from portal.people.models import Credential, Unit
from portal.people.rules import add_person, hire
from tests.drives.making import as_viewer, fill_wallet, hand_over, new_drive

PARTS = (
    "agent", "colleague", "leader", "manager", "outsider", "hr", "hr_other", "committee",
    "committee2", "station", "general_manager", "auditor", "administrator",
)  # fmt: skip
GIVERS = {
    # how they are shown: (name, staff number); none of them has any other part in the house
    "public": ("甘露", "900001"),
    "committee": ("穆清", "900002"),
    "anonymous": ("卓然", "900003"),
}
OUTSIDER = "路过的老顾客"


def give(db: Any, cast: Any, drive: int) -> None:
    """Coins and cash in each manner of being shown, and cash from outside."""
    with db() as session:
        row, committee = session.get_one(Drive, drive), as_viewer(cast.committee)
        for shown, (name, staff_no) in GIVERS.items():
            person = add_person(name=name)
            hire(person, staff_no=staff_no, since=clock.today())
            session.add(Credential(person_id=person.id, password_hash="x", must_change=False))
            session.flush()
            fill_wallet(person.id, 9)
            rules.give_coins(as_viewer(person), row, amount=3, shown=shown)
            named = {} if shown == "anonymous" else {"giver_id": person.id}
            hand_over(committee, row, cast.station, shown=shown, **named)
        hand_over(committee, row, cast.station, shown="committee", giver_name=OUTSIDER)


def answers(browser: Any, call: Any, member: Any, drive: int, gifts: list[int]) -> dict[str, str]:
    """All that this person can be answered about the drive, without what is about themself."""
    paths = [
        "/", "/drives/", f"/drives/{drive}", f"/drives/{drive}/gifts",
        f"/drives/{drive}/gifts.csv", "/drives/mine", f"/drives/{drive}/give",
        f"/drives/{drive}/cash", f"/drives/{drive}/close", "/notify/",
        *(f"/drives/gifts/{gift}" for gift in gifts),
        *(f"/drives/gifts/{gift}/reverse" for gift in gifts),
    ]  # fmt: skip
    found = {path: browser.get(path).text for path in paths}
    for path in ("/drives/", f"/drives/{drive}", f"/drives/{drive}/gifts"):
        found[f"API {path}"] = json.dumps(call(member, "get", path).json, ensure_ascii=False)
    return found


@pytest.mark.parametrize("part", PARTS)
def test_a_name_is_where_it_may_be_and_nowhere_else(  # noqa: PLR0917 (fixtures)
    client_of: Any, call: Any, cast: Any, db: Any, drive: int, part: str
) -> None:
    give(db, cast, drive)
    member, is_committee = getattr(cast, part), part.startswith("committee")
    gifts = [row.id for row in db.rows(select(Gift.id))]
    found = answers(client_of(member), call, member, drive, gifts)
    told = {GIVERS["public"][0], *((GIVERS["committee"][0], OUTSIDER) if is_committee else ())}
    walls = [f"/drives/{drive}", f"/drives/{drive}/gifts", f"API /drives/{drive}/gifts"]
    if is_committee or part == "auditor":
        walls.append(f"/drives/{drive}/gifts.csv")
    for path in walls:
        assert {name for name in told if name in found[path]} == told, path
    everybody = {OUTSIDER, *(name for name, _staff_no in GIVERS.values())}
    for path, text in found.items():
        named = {name for name in everybody - told if name in text}
        assert not named, f"{path} names {named}"
        numbers = {staff_no for _name, staff_no in GIVERS.values() if staff_no in text}
        assert not numbers, f"{path} shows {numbers}"


@pytest.mark.parametrize("shown", list(GIVERS))
def test_ones_own_gift_is_ones_own_to_see(  # noqa: PLR0917 (fixtures)
    client_of: Any, call: Any, cast: Any, db: Any, drive: int, shown: str
) -> None:
    """The giver finds it on their own page; the wall of the API names them to themself or not."""
    with db() as session:
        row = session.get_one(Drive, drive)
        rules.give_coins(as_viewer(cast.agent), row, amount=3, shown=shown)
    assert "3 枚金币" in client_of(cast.agent).get("/drives/mine").text
    told = call(cast.agent, "get", f"/drives/{drive}/gifts").json["gifts"][0]["giver"]
    assert told == (None if shown == "anonymous" else "王小明")


def test_the_giver_is_never_told_by_number(call: Any, cast: Any, db: Any, drive: int) -> None:
    """No answer of the API bears a person's id or staff number."""
    give(db, cast, drive)
    answer = call(cast.committee, "get", f"/drives/{drive}/gifts").json
    assert set(answer["gifts"][0]) == {
        "id", "kind", "shown", "giver", "amount_fen", "amount_coins", "message", "receipt_no",
        "given_on", "reversed",
    }  # fmt: skip


def test_the_file_says_what_the_wall_says(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    for shown in ("public", "committee", "anonymous"):
        with db() as session:
            row = session.get_one(Drive, drive)
            rules.give_coins(
                as_viewer(cast.agent), row, amount=1, shown=shown, message="=HYPERLINK(1)"
            )
    for part in ("committee", "auditor"):
        browser = client_of(getattr(cast, part))
        lines = browser.get(f"/drives/{drive}/gifts.csv").text.splitlines()[1:]
        assert len(lines) == 3
        assert all("'=HYPERLINK" in line for line in lines)
        told = sum("王小明" in line for line in lines)
        assert told == (2 if part == "committee" else 1)
    for part in ("agent", "station", "hr", "leader", "administrator"):
        assert client_of(getattr(cast, part)).get(f"/drives/{drive}/gifts.csv").status_code == 403


# ---- may_see and visible_to -----------------------------------------------------------------


def test_what_may_be_seen_is_what_is_listed(db: Any, cast: Any) -> None:
    """The two say the same of every drive for every role, also for roles over one site."""
    from dataclasses import replace

    from portal.base.access import Grant

    with db() as session:
        committee = as_viewer(cast.committee)
        sites = session.scalars(select(Unit.id).where(Unit.kind == "site")).all()
        for unit_id in (None, *sites):
            for verb in ("draft", "open", "close"):
                made = new_drive(committee, unit_id=unit_id)
                if verb != "draft":
                    rules.open_drive(committee, made)
                if verb == "close":
                    rules.close_drive(committee, made, closing_note="谢谢")
        viewers = [as_viewer(getattr(cast, part)) for part in PARTS]
        viewers += [
            replace(viewers[0], grants=frozenset({Grant(role, site)}))
            for site in sites
            for role in ("committee", "station", "auditor", "general_manager", "hr", "leader")
        ]
        drives = list(session.scalars(select(Drive)))
        sizes = set()
        for viewer in viewers:
            listed = set(session.scalars(select(Drive.id).where(queries.visible_to(viewer))))
            seen = {drive.id for drive in drives if policy.may_see(viewer, drive)}
            assert listed == seen, viewer
            found = queries.next_to_close(viewer)
            open_ones = queries.in_state(viewer, DriveState.OPEN)
            assert (found and found.id) == (open_ones[0].id if open_ones else None), viewer
            sizes.add(len(seen))
        assert len(sizes) > 2
        session.rollback()


# ---- nobody is told who did not give --------------------------------------------------------


def test_nothing_tells_who_did_not_give(
    client_of: Any, call: Any, cast: Any, db: Any, drive: int
) -> None:
    """No answer about a drive names anybody who neither gave nor organises (D11)."""
    with db() as session:
        rules.give_coins(
            as_viewer(cast.agent), session.get_one(Drive, drive), amount=1, shown="public"
        )
    gifts = [row.id for row in db.rows(select(Gift.id))]
    silent = set(PARTS) - {"agent", "committee"}
    for part in ("committee", "station", "hr", "leader", "auditor", "administrator"):
        member = getattr(cast, part)
        found = answers(client_of(member), call, member, drive, gifts)
        for path, text in found.items():
            if not path.startswith(("/drives", "API")):
                continue
            for other in silent - {part}:
                assert getattr(cast, other).name not in text, f"{path} names {other} to {part}"


def test_no_door_leads_to_those_who_did_not_give(app: Any) -> None:
    """Every door of the room is known; none takes a person or a unit to ask about."""
    rules_of_room = {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("drives")
    }
    for rule in rules_of_room:
        assert {part for part in rule.split("/") if part.startswith("<")} <= {
            "<int:drive_id>", "<int:gift_id>",
        }  # fmt: skip
    card = app.extensions["sunhome_rooms"]
    drives = next(room for room in card if room.name == "drives")
    assert drives.file_sections(1, None) == ()  # the growth file says nothing about giving
