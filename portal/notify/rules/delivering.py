"""Getting notices out of the house: who takes which up, and what came of it.

A worker takes a batch under a token of its own, in a transaction by itself, and then speaks to the
mail server without holding anything. Each result is written only where the token still is its own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from portal.base import clock
from portal.base.db import session
from portal.base.errors import Refused
from portal.notify.models import Delivery, DeliveryState, Notice
from portal.notify.rules.telling import switched_off
from portal.people.models import Person
from portal.people.queries import lines, staff

LEASE = timedelta(minutes=3)
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 720))
MOST_ATTEMPTS = len(BACK_OFF) + 1
PAUSE = timedelta(minutes=1)
jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice taken up for delivery, and to whom it goes."""

    delivery_id: int
    key: str
    kind: str
    params: dict[str, Any]
    why: str
    link: str | None
    name: str
    email: str
    locale: str


def take(token: str, limit: int) -> list[Parcel] | None:
    """Take up to `limit` due deliveries; None when nothing is due.

    Checked now, at the time of sending: who has left or has switched this kind off gets nothing.
    """
    now = clock.now()
    ids = session().scalars(
        select(Delivery.id)
        .where(Delivery.due_at <= now)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(ids)
    if not taken:
        return None
    _set(
        taken,
        state=DeliveryState.SENDING,
        token=token,
        attempts=Delivery.attempts + 1,
        due_at=now + LEASE,
    )
    rows = session().execute(
        select(Delivery.id, Notice, Person.name, Person.email, Person.locale, switched_off())
        .join(Notice, Notice.id == Delivery.notice_id)
        .join(Person, Person.id == Notice.person_id)
        .where(Delivery.id.in_(taken))
        .order_by(Delivery.id)
    )
    found = rows.all()
    here = _in_service({notice.person_id for _id, notice, *_rest in found})
    parcels = [
        _parcel(delivery_id, notice, name, email, locale or "zh")
        for delivery_id, notice, name, email, locale, is_off in found
        if notice.person_id in here and email and not is_off
    ]
    unwanted = {row[0] for row in found} - {parcel.delivery_id for parcel in parcels}
    _set(list(unwanted), state=DeliveryState.SKIPPED, token=None, due_at=None)
    return parcels


def _parcel(delivery_id: int, notice: Notice, name: str, email: str, locale: str) -> Parcel:
    """Plain values: the letter is written after the transaction has ended."""
    return Parcel(
        delivery_id=delivery_id,
        key=notice.key,
        kind=notice.kind,
        params=dict(notice.params),
        why=notice.why,
        link=notice.link,
        name=name,
        email=email,
        locale=locale,
    )


def _in_service(person_ids: set[int]) -> set[int]:
    return {line.id for line in lines(staff(clock.today()).where(Person.id.in_(person_ids)))}


def _set(ids: Sequence[int], *, only: str | None = None, **values: Any) -> int:
    """Change these deliveries, but only those still under the token `only`."""
    if not ids:
        return 0
    statement = update(Delivery).where(Delivery.id.in_(ids)).values(**values)
    if only is not None:
        statement = statement.where(Delivery.token == only)
    changed = session().execute(
        statement.returning(Delivery.id).execution_options(synchronize_session=False)
    )
    return len(changed.all())


def sent(delivery_id: int, token: str) -> None:
    """The server has taken it."""
    _set(
        [delivery_id],
        only=token,
        state=DeliveryState.SENT,
        token=None,
        due_at=None,
        sent_at=clock.now(),
        last_error="",
    )


def put_off(delivery_ids: Sequence[int], token: str, error: str) -> None:
    """It did not go through: try again later, each time waiting longer; give up after the sixth."""
    rows = session().execute(
        select(Delivery.id, Delivery.attempts).where(
            Delivery.id.in_(delivery_ids), Delivery.token == token
        )
    )
    for delivery_id, attempts in rows.all():
        if attempts >= MOST_ATTEMPTS:
            give_up(delivery_id, token, error)
            continue
        pause = BACK_OFF[attempts - 1] * jitter.uniform(1.0, 1.25)
        _set(
            [delivery_id],
            only=token,
            state=DeliveryState.PENDING,
            token=None,
            due_at=clock.now() + pause,
            last_error=error,
        )


def put_back(delivery_ids: Sequence[int], token: str) -> None:
    """Not tried after all (the server was in trouble over others): it costs them no attempt."""
    _set(
        delivery_ids,
        only=token,
        state=DeliveryState.PENDING,
        token=None,
        attempts=Delivery.attempts - 1,
        due_at=clock.now() + PAUSE * jitter.uniform(0.5, 1.0),
    )


def give_up(delivery_id: int, token: str, error: str) -> None:
    """It cannot be delivered: a dead letter, for the administrator to look at."""
    _set(
        [delivery_id],
        only=token,
        state=DeliveryState.DEAD,
        token=None,
        due_at=None,
        last_error=error,
    )


def revive(delivery: Delivery) -> None:
    """Try a dead letter again from the start. Raises Refused for one that is not dead."""
    if delivery.state != DeliveryState.DEAD:
        raise Refused(_("这封邮件不在死信里了。"), status=409)
    _set([delivery.id], state=DeliveryState.PENDING, attempts=0, due_at=clock.now())


def revive_all() -> int:
    """Try all dead letters again. Answers how many."""
    revived = session().execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.DEAD)
        .values(state=DeliveryState.PENDING, attempts=0, due_at=clock.now())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(revived.all())
