"""Every write about suggestions: send, answer, hand over, withdraw, comment, remind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins import rules as coins
from portal.coins.models import AccountKind, Reason
from portal.notify import rules as notify
from portal.people.models import Person, Role
from portal.people.queries import holders, names_of
from portal.suggestions import queries
from portal.suggestions.models import (
    Comment,
    Kind,
    Status,
    StatusChange,
    Suggestion,
    SuggestionWord,
    Topic,
)
from portal.suggestions.queries import STARTING_TOPICS, tokens

CHUNK = 500


# ---- sending --------------------------------------------------------------------------------


def send(
    by: Viewer,
    *,
    kind: Kind,
    title: str,
    what: str,
    topic: str,
    spot: str | None = None,
    since: str | None = None,
    cost: str | None = None,
    effect: str | None = None,
) -> Suggestion:
    """Suggest something. It gets its owner and the day of its first answer at once.

    A fault says where; an idea says its effect. Raises Refused at the field that is missing.
    """
    _check_fields(kind, spot=spot, since=since, cost=cost, effect=effect)
    found, now = _topic(topic), clock.now()
    said = {
        "kind": kind.value, "title": title, "what": what, "spot": spot or None,
        "since": since or None, "cost": cost or None, "effect": effect or None,
    }  # fmt: skip
    suggestion = Suggestion(
        **said,
        topic=found,
        author_id=by.id,
        unit_id=by.place[0] if by.place else None,
        owner_id=_owner(found, by),
        answer_due_on=clock.today() + timedelta(days=found.answer_days),
        sent_at=now,
        status=Status.SENT,
        step=1,
        content_hash=content_hash(said, by.id, now.isoformat()),
    )
    session().add(suggestion)
    session().flush()
    _note_step(suggestion, by, None, "")
    words = [{"token": token, "suggestion_id": suggestion.id} for token in sorted(tokens(title))]
    if words:
        session().execute(insert(SuggestionWord), words)
    _tell(suggestion, suggestion.owner_id, "sent", who=by.name, days=found.answer_days)
    return suggestion


def content_hash(said: dict[str, Any], author_id: int, sent_at: str) -> str:
    """What fixes who said what when: SHA-256 over the text, its author and the moment."""
    whole = json.dumps([said, author_id, sent_at], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _check_fields(kind: Kind, **said: str | None) -> None:
    wanted = "spot" if kind is Kind.WOODPECKER else "effect"
    if not said[wanted]:
        raise Refused(_("请填写。"), wanted)
    strange = {"effect"} if kind is Kind.WOODPECKER else {"spot", "since", "cost"}
    for name in sorted(strange):
        if said[name]:
            raise Refused(_("“%(kind)s”没有这一项。", kind=kind.label), name)


def _topic(key: str) -> Topic:
    """The topic of this key; one of those a house starts with is stored now."""
    statement = select(Topic).where(Topic.key == key)
    found = session().scalar(statement)
    if found is None and key in STARTING_TOPICS:
        line = STARTING_TOPICS[key]
        make = sqlite.insert if session().get_bind().dialect.name == "sqlite" else postgresql.insert
        names = (
            "key", "name", "name_en", "owner_role", "answer_days", "reward_coins", "position",
        )  # fmt: skip
        values = {name: getattr(line, name) for name in names}
        session().execute(make(Topic).values(**values).on_conflict_do_nothing())
        found = session().scalar(statement)
    if found is None or found.closed_at is not None:
        raise Refused(_("请从列出的里面选一个。"), "topic")
    return found


def _owner(topic: Topic, by: Viewer) -> int:
    """Who answers: the topic's owner, else the author's leader, HR of the site, and so on up."""
    if topic.owner_id is not None and topic.owner_id != by.id:
        person = session().get(Person, topic.owner_id)
        if person is not None and person.in_service:
            return person.id
    roles = [Role.LEADER, Role.HR, Role.GENERAL_MANAGER, Role.ADMINISTRATOR]
    if topic.owner_role is not None:
        roles.insert(0, Role(topic.owner_role))
    for role in roles:
        for start in range(len(by.place) + 1):
            found = holders(role, by.place[start:], clock.today())
            others = [person_id for person_id in found if person_id != by.id]
            if others:
                return others[0]
            if not found:
                break
    raise Refused(_("现在还没有人能答复建议：请先让人力资源部给班长或人事专员授权。"))


# ---- what happens to it ---------------------------------------------------------------------


def answer(
    by: Viewer, suggestion: Suggestion, *, status: Status, reason: str, step: int | None = None
) -> None:
    """Answer: say where it stands now, and why. Adopting it pays the topic's reward, once.

    `step`: the last step the one who answers has seen. Raises Refused: 409 when another answer
    came first or it has come to an end, 422 for a status that cannot follow.
    """
    _lock(suggestion, step)
    if by.id == suggestion.author_id:
        raise Refused(_("自己的建议要由别人来答复。"), status=403)
    if suggestion.closed_at is not None:
        raise Refused(_("这条建议已经办结，不能再答复。"), status=409)
    if status not in suggestion.answers:
        raise Refused(_("现在不能改成这个状态。"), "status")
    if status is Status.DONE and suggestion.adopted_at is None:
        _move(by, suggestion, Status.ADOPTED, reason)
    _move(by, suggestion, status, reason)
    _tell(
        suggestion, suggestion.author_id, "answered", who=by.name, status=status.value,
        reason_said=reason, coins=suggestion.reward_coins or 0,
    )  # fmt: skip


def hand_over(
    by: Viewer, suggestion: Suggestion, *, owner_id: int, reason: str, step: int | None = None
) -> None:
    """Give it to somebody better placed to answer. The day of the first answer stays.

    Raises Refused: to its author, to who has it already, to somebody who has left.
    """
    _lock(suggestion, step)
    if by.id == suggestion.author_id:
        raise Refused(_("自己的建议要由别人来答复。"), status=403)
    if suggestion.closed_at is not None:
        raise Refused(_("这条建议已经办结，不能再转交。"), status=409)
    if owner_id == suggestion.author_id:
        raise Refused(_("不能转交给提建议的人自己。"), "owner")
    if owner_id == suggestion.owner_id:
        raise Refused(_("现在就是这位同事负责。"), "owner")
    person = session().get(Person, owner_id)
    if person is None or not person.in_service:
        raise Refused(_("这位同事已经不在职了。"), "owner")
    suggestion.owner_id = owner_id
    suggestion.step += 1
    _note_step(suggestion, by, Status(suggestion.status), reason)
    _tell(suggestion, owner_id, "handed_over", who=by.name, because=reason)
    _tell(suggestion, suggestion.author_id, "new_owner", who=by.name, owner=person.name)


def withdraw(by: Viewer, suggestion: Suggestion, *, reason: str) -> None:
    """The author takes it back. Raises Refused (409) once it has been answered."""
    _lock(suggestion, None)
    if by.id != suggestion.author_id:
        raise Refused(_("只有提建议的人能撤回。"), status=403)
    if not suggestion.is_waiting:
        raise Refused(_("已经有了答复，不能再撤回。有新的想法，可以写在留言里。"), status=409)
    _move(by, suggestion, Status.WITHDRAWN, reason)
    _tell(suggestion, suggestion.owner_id, "withdrawn", link=False, who=by.name)


def comment(by: Viewer, suggestion: Suggestion, *, words: str) -> Comment:
    """Say something under a suggestion; its author and its owner are told."""
    if suggestion.status == Status.WITHDRAWN:
        raise Refused(_("这条建议已经撤回。"), status=409)
    said = Comment(suggestion_id=suggestion.id, author_id=by.id, words=words)
    session().add(said)
    session().flush()
    for person_id in {suggestion.author_id, suggestion.owner_id} - {by.id}:
        _tell(suggestion, person_id, "commented", number=said.id, who=by.name, said=words[:100])
    return said


def _lock(suggestion: Suggestion, seen: int | None) -> None:
    """Nobody else changes it until the end of this transaction. Raises Refused (409)."""
    session().refresh(suggestion, with_for_update=True)
    if seen is not None and seen != suggestion.step:
        raise Refused(_("刚刚有人先处理过了。请看看现在的情况，再决定。"), status=409)


def _move(by: Viewer, suggestion: Suggestion, status: Status, reason: str) -> None:
    """To another status, with a row in the history; what belongs to the status is set with it."""
    before, now = Status(suggestion.status), clock.now()
    if status is Status.ADOPTED:
        reward = _pay(by, suggestion)  # reads: before anything is half set
        suggestion.adopted_at, suggestion.reward_coins = now, reward
    suggestion.status = status
    suggestion.step += 1
    if status is not Status.WITHDRAWN:
        suggestion.first_answered_at = suggestion.first_answered_at or now
    if status in {Status.DECLINED, Status.DONE, Status.WITHDRAWN}:
        suggestion.closed_at, suggestion.closing_reason = now, reason
    _note_step(suggestion, by, before, reason)


def _note_step(suggestion: Suggestion, by: Viewer, before: Status | None, reason: str) -> None:
    session().add(
        StatusChange(
            suggestion_id=suggestion.id,
            step=suggestion.step,
            from_status=before,
            to_status=suggestion.status,
            by_id=by.id,
            owner_id=suggestion.owner_id,
            reason=reason,
            at=clock.now(),
        )
    )
    session().flush()


def _pay(by: Viewer, suggestion: Suggestion) -> int:
    """The reward of the topic into the author's wallet, once; who has left gets none."""
    amount = suggestion.topic.reward_coins
    author = session().get_one(Person, suggestion.author_id)
    if amount == 0 or not author.in_service:
        return 0
    source = coins.account(AccountKind.ISSUE)
    wallet = coins.account(AccountKind.WALLET, author.id)
    coins.transfer(
        key=f"suggestion:{suggestion.id}:adopted",
        reason=Reason.SUGGESTION_REWARD,
        legs=[(source.id, -amount), (wallet.id, amount)],
        by_id=by.id,
        memo=f"#{suggestion.id}",
    )
    return amount


# ---- telling --------------------------------------------------------------------------------


def _tell(
    suggestion: Suggestion,
    person_id: int,
    name: str,
    *,
    link: bool = True,
    number: int | None = None,
    **params: str | int,
) -> None:
    notify.tell(
        person_id,
        kind=f"suggestions.{name}",
        key=f"suggestion:{suggestion.id}:{name}:{number or suggestion.step}:{person_id}",
        link=f"/suggestions/{suggestion.id}" if link else None,
        params={"title": suggestion.title, **params},
    )


def remind(day: date) -> int:
    """Tell owners what is late or due by tomorrow, and the next level what is three days late.

    At most one notice a person and day of each sort, however often it runs. Answers how many.
    """
    told = notify.tell_many(_reminders(day))
    waiting = queries.long_overdue(day)
    if not waiting:
        return told
    above = _superiors(waiting, day)
    told += notify.tell_many(_escalations(waiting, above, day))
    heard = sorted(above)
    for start in range(0, len(heard), CHUNK):
        session().execute(
            update(Suggestion)
            .where(*queries.to_escalate(day), Suggestion.owner_id.in_(heard[start : start + CHUNK]))
            .values(escalated_on=day)
            .execution_options(synchronize_session=False)
        )
    return told


def _reminders(day: date) -> Iterator[dict[str, Any]]:
    for due in queries.owners_due(day):
        yield {
            "person_id": due.owner_id,
            "kind": "suggestions.remind",
            "key": f"suggestions:remind:{due.owner_id}:{day}",
            "link": "/suggestions/queue",
            "params": {"late": due.late, "soon": due.soon},
        }


def _superiors(waiting: Iterable[int], day: date) -> dict[int, int]:
    """By owner, who hears of it: the next leader above, else the general manager."""
    found = queries.superiors(waiting, day)
    manager = next(iter(holders(Role.GENERAL_MANAGER, None, day)), None)
    if manager is not None:
        found |= {owner: manager for owner in waiting if owner not in found and owner != manager}
    return found


def _escalations(
    waiting: Mapping[int, int], above: Mapping[int, int], day: date
) -> Iterator[dict[str, Any]]:
    """`waiting`: by owner, how many are late. Each leader hears of all below at once."""
    names = names_of(above)
    below: dict[int, list[int]] = {}
    for owner_id, superior in above.items():
        below.setdefault(superior, []).append(owner_id)
    for superior, owners in below.items():
        yield {
            "person_id": superior,
            "kind": "suggestions.escalated",
            "key": f"suggestions:escalated:{superior}:{day}",
            "link": "/suggestions/overdue",
            "params": {
                "late": sum(waiting[owner] for owner in owners),
                "names": "、".join(names[owner] for owner in owners[:5]),
                "owners": len(owners),
            },
        }
