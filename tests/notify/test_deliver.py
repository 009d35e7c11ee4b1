"""Mail goes out once, whatever the server does; one letter's trouble is nobody else's."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.notify import jobs, queries
from portal.notify.models import Delivery, Preference
from portal.people import rules as people
from portal.people.models import Employment, Person
from tests.conftest import engine_of
from tests.jobs.crash import run_and_kill


def states(db: Any) -> list[tuple[str, int]]:
    rows = db.rows(select(Delivery.state, Delivery.attempts).order_by(Delivery.id))
    return [tuple(row) for row in rows]


def address(member: Any) -> str:
    return f"{member.staff_no}@sunhome.example"


def test_a_letter_in_the_persons_language(*, db, cast, tell, mail_to, postbox, deliver) -> None:
    mail_to(postbox.port)
    with db() as session:
        session.get(Person, cast.colleague.id).locale = "en"
    tell(cast.agent, "a")
    tell(cast.colleague, "b")
    assert deliver() == 2
    assert deliver() == 0
    (letter,) = postbox.to(address(cast.agent))
    assert letter["Subject"] == f"{cast.agent.name}，生日快乐！"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert f"{cast.agent.name}，你好！" in text
    assert "https://sunhome.example/greetings/" in text
    assert "为什么告诉你" in text
    (other,) = postbox.to(address(cast.colleague))
    assert other["Message-ID"] != letter["Message-ID"]
    assert states(db) == [("sent", 1), ("sent", 1)]


def test_english_is_complete(*, db, cast, tell, mail_to, postbox, deliver) -> None:
    mail_to(postbox.port)
    with db() as session:
        session.get(Person, cast.agent.id).locale = "en"
    tell(cast.agent)
    deliver()
    text = postbox.letters[0].get_content() + postbox.letters[0]["Subject"]
    chinese = {sign for sign in text.replace(cast.agent.name, "") if "\u4e00" <= sign <= "\u9fff"}
    assert not chinese, text


def test_refused_mailboxes_hurt_only_themselves(
    *, db, cast, tell, mail_to, postbox, deliver, at
) -> None:
    at("2026-03-01 08:00")
    mail_to(postbox.port)
    postbox.refuse = {address(cast.colleague)}
    for member in (cast.agent, cast.colleague, cast.leader):
        tell(member, member.staff_no)
    assert deliver() == 2
    assert states(db) == [("sent", 1), ("pending", 1), ("sent", 1)]
    error = db.scalar(select(Delivery.last_error).where(Delivery.state == "pending"))
    assert "550" in error
    assert cast.colleague.staff_no not in error, "no addresses in the log"
    assert deliver() == 0, "not at once again"


def test_back_off_grows_and_ends(*, db, cast, tell, mail_to, postbox, deliver, at) -> None:
    from datetime import datetime, timedelta

    at("2026-03-01 08:00")
    mail_to(postbox.port)
    postbox.refuse = {address(cast.agent)}
    tell(cast.agent)
    moment, waits = datetime.fromisoformat("2026-03-01T08:00:00+08:00"), []
    for attempt in range(1, 7):
        at(moment)
        deliver()
        state, attempts = states(db)[0]
        assert attempts == attempt
        if state == "dead":
            break
        due = db.scalar(select(Delivery.due_at))
        waits.append(round((due - moment).total_seconds() / 60, 1))
        moment = due + timedelta(seconds=1)
    assert states(db) == [("dead", 6)]
    for wait, least in zip(waits, (1, 5, 30, 120, 720), strict=True):
        assert least <= wait <= least * 1.26


def test_a_server_that_drops_after_data(*, db, cast, tell, mail_to, postbox, deliver) -> None:
    mail_to(postbox.port)
    postbox.drop = {address(cast.colleague)}
    for member in (cast.agent, cast.colleague, cast.leader):
        tell(member, member.staff_no)
    assert deliver() == 2
    assert states(db) == [("sent", 1), ("pending", 1), ("sent", 1)]


def test_a_server_that_always_drops_is_left_alone_after_some(
    *, db, cast, tell, mail_to, postbox, deliver
) -> None:
    mail_to(postbox.port)
    members = list(cast.members().values())[:8]
    postbox.drop = {address(member) for member in members}
    for member in members:
        tell(member, member.staff_no)
    assert deliver() == 0
    assert [attempts for _state, attempts in states(db)] == [1] * jobs.MOST_BREAKS + [0] * 5


def test_no_server_at_all(*, db, cast, tell, mail_to, deliver) -> None:
    mail_to(1)
    tell(cast.agent, "a")
    tell(cast.leader, "b")
    started = time.monotonic()
    assert deliver() == 0
    assert time.monotonic() - started < 3
    assert states(db) == [("pending", 1), ("pending", 1)]
    assert "ConnectionRefusedError" in db.scalar(select(Delivery.last_error).limit(1))


def test_a_server_that_hangs(
    *, db, cast, tell, mail_to, silent_server, deliver, monkeypatch
) -> None:
    monkeypatch.setattr(jobs, "TIMEOUT_SECONDS", 0.5)
    mail_to(silent_server)
    for number in range(5):
        tell(cast.agent, str(number))
    started = time.monotonic()
    assert deliver() == 0
    assert time.monotonic() - started < 3, "one wait for the whole batch"
    assert {state for state, _attempts in states(db)} == {"pending"}


def test_nothing_is_held_while_the_server_is_slow(
    *, app, db, cast, tell, mail_to, postbox, deliver
) -> None:
    """Others write while a letter is under way: the conversation holds no transaction."""
    import threading

    mail_to(postbox.port)
    postbox.slow_seconds = 1.0
    tell(cast.agent)
    thread = threading.Thread(target=deliver)
    thread.start()
    time.sleep(0.4)
    started = time.monotonic()
    with db() as session:
        session.add(Preference(person_id=cast.leader.id, kind="x.y", mail=True))
    assert time.monotonic() - started < 0.5
    thread.join()
    assert states(db) == [("sent", 1)]


def test_who_has_left_since_gets_nothing(*, db, cast, tell, mail_to, postbox, deliver) -> None:
    from datetime import date

    mail_to(postbox.port)
    tell(cast.agent)
    tell(cast.leaver, "2")
    with db() as session:
        people.leave(session.get(Employment, cast.agent.employment_id), last_day=date(2026, 3, 1))
    deliver()
    assert postbox.letters == []
    assert {state for state, _attempts in states(db)} == {"skipped"}


def test_who_switched_it_off_since_gets_nothing(
    *, db, cast, tell, mail_to, postbox, deliver
) -> None:
    mail_to(postbox.port)
    tell(cast.agent)
    with db() as session:
        session.add(Preference(person_id=cast.agent.id, kind="greetings.birthday", mail=False))
    deliver()
    assert postbox.letters == []


@pytest.mark.parametrize(
    "wrong", ["no at sign", "a@b\r\nBcc: all@example.com", "@", "", "名@", "a b@c"]
)
def test_wrong_addresses_are_dead_or_never_tried(
    *, db, cast, tell, mail_to, postbox, deliver, wrong
) -> None:
    mail_to(postbox.port)
    with db() as session:
        session.get(Person, cast.agent.id).email = wrong
    tell(cast.agent)
    tell(cast.leader, "2")
    assert deliver() == 1
    assert [letter["To"].addresses[0].addr_spec for letter in postbox.letters] == [
        address(cast.leader)
    ]
    assert all("all@example.com" not in str(letter) for letter in postbox.letters)


def test_hostile_words_make_no_headers(*, cast, tell, mail_to, postbox, deliver) -> None:
    mail_to(postbox.port)
    params = {"name": "王\r\nBcc: all@example.com", "words": 0, "late": 0, "on": "x",
              "calendar": "solar", "coins": 0}  # fmt: skip
    tell(cast.agent, params=params)
    assert deliver() == 1
    assert postbox.letters[0]["Bcc"] is None


def test_killed_at_each_step_it_goes_out_once_or_at_most_twice(
    *, app, db, cast, mail_to, tell, postbox, deliver, at
) -> None:
    """Between the server's yes and our note of it a crash repeats one letter, never loses one."""
    mail_to(postbox.port)
    step, lived = 0, False
    while not lived:
        step += 3
        at("2026-03-01 08:00")
        postbox.letters.clear()
        for number, member in enumerate((cast.agent, cast.colleague, cast.leader)):
            tell(member, f"{step}:{number}")
        engine = engine_of(app)
        lived = run_and_kill(app, engine, step, lambda: jobs.deliver(None))  # type: ignore[arg-type]
        at("2026-03-01 08:10")
        deliver()
        assert {state for state, _attempts in states(db)} == {"sent"}
        numbers = [len(postbox.to(address(m))) for m in (cast.agent, cast.colleague, cast.leader)]
        assert min(numbers) == 1, step
        assert sum(numbers) <= 4, step
    assert step > 20


def test_two_workers_share_the_queue(*, app, db, cast, tell, mail_to, postbox, deliver) -> None:
    import threading

    mail_to(postbox.port)
    for number in range(60):
        tell(cast.agent, str(number))
    threads = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    identities = [letter["Message-ID"] for letter in postbox.letters]
    assert len(identities) == len(set(identities)) == 60


def test_ready_says_when_nobody_delivers(*, app, db, cast, tell, mail_to, at, client) -> None:
    at("2026-03-01 08:00")
    mail_to(1)
    tell(cast.agent)
    at("2026-03-01 08:04")
    assert client.get("/readyz").status_code == 200
    at("2026-03-01 08:06")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "not being delivered" in answer.json["checks"]["mail"]


def test_waiting_mail_is_found_by_its_index(db, database_kind) -> None:
    from sqlalchemy import text

    if database_kind == "sqlite":
        plan = db.rows(
            text(
                "EXPLAIN QUERY PLAN SELECT id FROM delivery WHERE due_at <= '2026-01-01' "
                "ORDER BY due_at, id LIMIT 20"
            )
        )
        assert "ix_delivery_due" in str(plan)
    with db(read_only=True):
        assert queries.mail_is_due() is False


# ---- the log --------------------------------------------------------------------------------


def test_the_log_shows_that_not_what(*, db, cast, tell, mail_to, client_of) -> None:
    mail_to(1)
    tell(cast.agent, "a")
    tell(cast.leader, "b")
    with db() as session:
        session.execute(
            update(Delivery).values(state="dead", due_at=None, attempts=6, last_error="550 no")
        )
    client = client_of(cast.administrator)
    page = client.get("/notify/deliveries").text
    assert "550 no" in page
    assert cast.agent.name in page, "whose address is to be mended"
    assert "生日" not in page.split("<main")[1], "but not what it was about"
    assert "@" not in page.split("<main")[1]
    number = db.scalar(select(Delivery.id).order_by(Delivery.id).limit(1))
    assert client.act(f"/notify/deliveries/{number}/retry").status_code == 303
    assert sorted(states(db)) == [("dead", 6), ("pending", 0)]
    assert client.act(f"/notify/deliveries/{number}/retry").status_code == 409
    assert client.act("/notify/deliveries/retry-all").status_code == 303
    assert states(db) == [("pending", 0)] * 2
    for show in ("waiting", "sent", "dead"):
        assert client.get(f"/notify/deliveries?show={show}").status_code == 200


@pytest.mark.parametrize("part", ["agent", "leader", "hr", "auditor", "committee"])
def test_the_log_is_the_administrators(cast, client_of, part) -> None:
    client = client_of(getattr(cast, part))
    assert client.get("/notify/deliveries").status_code == 403
    assert client.act("/notify/deliveries/retry-all").status_code == 403
    assert client.act("/notify/deliveries/1/retry").status_code == 403
