"""A year of suggestions: sent, answered mostly in time, adopted and paid, commented on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from portal.base import clock
from portal.coins.models import Reason
from portal.demo import suggestion_texts as texts
from portal.demo.coins import ISSUE, Movement, post, wallet
from portal.demo.world import DemoPerson, World
from portal.suggestions.models import (
    CLOSED,
    Comment,
    Kind,
    Status,
    StatusChange,
    Suggestion,
    SuggestionWord,
    Topic,
)
from portal.suggestions.queries import ESCALATE_AFTER_DAYS, STARTING_TOPICS, tokens
from portal.suggestions.rules import content_hash

A_HEAD = 0.6
"""Suggestions a head and year."""
BLOCK = 2000
LATE = timedelta(days=ESCALATE_AFTER_DAYS)
OWNING_TEAMS = {
    "workplace": "行政组", "tools": "系统组", "knowledge": "培训组", "living": "侯马行政组",
}  # fmt: skip
"""Whose work a topic is; what has neither a team nor a role is answered by the author's leader."""

ROLES = {"culture": "station", "other": "hr"}
Topics = dict[str, tuple[dict[str, Any], DemoPerson | None]]
tokens_of = lru_cache(maxsize=4096)(tokens)


@dataclass(slots=True)
class Rows:
    """What one block of suggestions becomes."""

    suggestions: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who suggests when, and how it shall stand today; `status` None leaves it to chance."""

    sent_at: datetime
    author: DemoPerson
    status: Status | None = None


def seed(world: World) -> None:
    """About six suggestions for ten people, each with its history and its words."""
    topics = _seed_topics(world)
    plans = iter(sorted(_plans(world), key=lambda plan: (plan.sent_at, plan.author.id)))
    while block := list(islice(plans, BLOCK)):
        rows = Rows()
        for plan in block:
            _live(world, topics, plan, rows)
        world.insert(Suggestion, rows.suggestions)
        world.insert(StatusChange, rows.steps)
        world.insert(Comment, rows.comments)
        world.insert(SuggestionWord, _words(rows.suggestions))
        post(world, rows.movements)


def _seed_topics(world: World) -> Topics:
    """The starting topics, some of them owned by the offices whose work they are."""
    leads = {p.team.name: p for p in world.staff if p.is_leader and not p.team.is_frontline}
    topics: Topics = {}
    for key, line in STARTING_TOPICS.items():
        owner = leads.get(OWNING_TEAMS.get(key, ""))
        row = {
            "id": world.next_id(Topic), "key": key, "name": line.name, "name_en": line.name_en,
            "owner_id": owner.id if owner else None,
            "owner_role": ROLES.get(key), "answer_days": line.answer_days,
            "reward_coins": line.reward_coins, "position": line.position,
        }  # fmt: skip
        topics[key] = (row, owner or world.accounts.get(ROLES.get(key, "")))
    world.insert(Topic, (row for row, _owner in topics.values()))
    return topics


def _plans(world: World) -> Iterator[Plan]:
    rng = world.rng
    for _each in range(int(len(world.people) * A_HEAD)):
        person = rng.choice(world.people)
        day = world.day_between(world.start, world.today)
        if person.works_on(day):
            yield Plan(world.moment(day), person)
    for role, back, status in (
        ("agent", 5, Status.SENT), ("agent", 40, Status.IN_WORK), ("agent", 120, Status.DONE),
        ("colleague", 3, Status.SENT), ("colleague", 10, Status.SENT),
        ("colleague", 70, Status.DECLINED),
    ):  # fmt: skip
        person = world.accounts[role]
        yield Plan(
            world.moment(max(person.since, world.today - timedelta(days=back))), person, status
        )


def _live(world: World, topics: Topics, plan: Plan, rows: Rows) -> None:
    """One suggestion from its sending to today."""
    said, topic_key = _said(world, of_the_team=plan.status is not None)
    topic, named = topics[topic_key]
    owner = _owner(world, named, plan.author)
    sent_on = clock.local(plan.sent_at).date()
    row: dict[str, Any] = {
        **said, "id": world.next_id(Suggestion), "topic_id": topic["id"],
        "author_id": plan.author.id, "unit_id": plan.author.team.id, "owner_id": owner.id,
        "answer_due_on": sent_on + timedelta(days=topic["answer_days"]),
        "status": Status.SENT.value, "step": 1, "sent_at": plan.sent_at,
        "first_answered_at": None, "adopted_at": None, "reward_coins": None, "closed_at": None,
        "closing_reason": None, "escalated_on": None,
        "content_hash": content_hash(said, plan.author.id, plan.sent_at.isoformat()),
    }  # fmt: skip
    rows.suggestions.append(row)
    _note(rows, row, before=None, by_id=plan.author.id, at=plan.sent_at, reason="")
    at = plan.sent_at
    for status, days in _course(world, plan, sent_on):
        moment = _later(world, at, days)
        if moment is None:
            break
        at = moment
        reason = world.rng.choice(REASONS[status])
        _move(rows, row, status=status, at=at, reason=reason)
        if status is Status.ADOPTED:
            is_here = plan.author.works_on(clock.local(at).date())
            _pay(rows, row, topic["reward_coins"] if is_here else 0)
    if row["first_answered_at"] is None and row["answer_due_on"] <= world.today - LATE:
        row["escalated_on"] = row["answer_due_on"] + LATE
    rows.comments.extend(_comments(world, row))


def _comments(world: World, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _each in range(world.rng.choices((0, 1, 2, 4), (58, 24, 13, 5))[0]):
        moment = _later(world, row["sent_at"], world.rng.randint(0, 6))
        if moment is not None:
            yield {
                "suggestion_id": row["id"],
                "author_id": world.rng.choice(world.staff).id,
                "words": world.rng.choice(texts.COMMENTS).format(**_slots(world)),
                "at": moment,
            }


def _slots(world: World) -> dict[str, str]:
    return {name: world.rng.choice(values) for name, values in texts.SLOTS.items()}


def _said(world: World, *, of_the_team: bool) -> tuple[dict[str, Any], str]:
    """What is said, and its topic. `of_the_team`: about something the team's leader answers."""
    rng, slots = world.rng, _slots(world)
    is_fault = rng.random() < 0.5
    pool: Sequence[tuple[str, ...]] = texts.FAULTS if is_fault else texts.IDEAS
    if of_the_team:
        pool = [text for text in pool if text[0] in {"shifts", "service"}]
    topic, *words = rng.choice(pool)
    if "{" not in words[0]:  # the same words everywhere would read as one suggestion sent twice
        words[0] += rng.choice(texts.FAULT_ENDINGS if is_fault else texts.IDEA_ENDINGS)
    names = ("title", "what", "spot", "cost") if is_fault else ("title", "what", "effect")
    kind = Kind.WOODPECKER if is_fault else Kind.GOLDEN_FINGER
    said: dict[str, Any] = {"kind": kind.value, "title": "", "what": ""}
    said |= dict.fromkeys(("spot", "since", "cost", "effect"))
    said |= zip(names, (text.format(**slots) for text in words), strict=True)
    if is_fault and rng.random() < 0.7:
        said["since"] = slots["since"]
    return said, topic


def _owner(world: World, named: DemoPerson | None, author: DemoPerson) -> DemoPerson:
    """Who answers: as `rules.send` finds them, near enough for a made-up year."""
    accounts = world.accounts
    leader = world.leaders.get(author.team.id)
    candidates = (named, leader, accounts["hr"], accounts["general_manager"])
    return next(person for person in candidates if person is not None and person is not author)


# ---- what becomes of it ---------------------------------------------------------------------


def _course(world: World, plan: Plan, sent_on: date) -> list[tuple[Status, int]]:
    """The statuses it goes through, each with the days it takes. What lies ahead is not yet."""
    rng = world.rng
    end = (
        plan.status
        or rng.choices(
            (Status.DONE, Status.ADOPTED, Status.DECLINED, Status.IN_WORK, Status.ANSWERED),
            (40, 12, 26, 14, 8),
        )[0]
    )
    age = (world.today - sent_on).days
    if end is Status.SENT or (7 < age < 16 and rng.random() < 0.12):
        return []
    if plan.status is None and age > 90 and end in {Status.IN_WORK, Status.ANSWERED}:
        end = Status.DONE
    first = rng.choices((1, 2, 3, 4, 5, 6, 7, 9), (14, 20, 20, 16, 12, 8, 4, 6))[0]
    course: list[tuple[Status, int]] = []
    if rng.random() < 0.5 or end is Status.ANSWERED:
        course.append((Status.ANSWERED, first))
    if end is not Status.ANSWERED and (rng.random() < 0.4 or end is Status.IN_WORK):
        course.append((Status.IN_WORK, rng.randint(2, 8) if course else first))
    if end in {Status.DONE, Status.ADOPTED}:
        course.append((Status.ADOPTED, rng.randint(2, 12) if course else first))
    if end in {Status.DONE, Status.DECLINED}:
        course.append((end, rng.randint(4, 25) if course else first))
    return course


def _later(world: World, at: datetime, days: int) -> datetime | None:
    """Some days and hours after `at`; None when that is still to come."""
    moment = at + timedelta(days=days, minutes=world.rng.randint(5, 300))
    return moment if moment < clock.now() else None


REASONS = {
    Status.ANSWERED: texts.FIRST_WORDS, Status.IN_WORK: texts.WORKING,
    Status.ADOPTED: texts.ADOPTING, Status.DONE: texts.DONE, Status.DECLINED: texts.DECLINING,
}  # fmt: skip


def _move(rows: Rows, row: dict[str, Any], *, status: Status, at: datetime, reason: str) -> None:
    before = row["status"]
    row["status"] = status.value
    row["step"] += 1
    row["first_answered_at"] = row["first_answered_at"] or at
    if status is Status.ADOPTED:
        row["adopted_at"] = at
    if status in CLOSED:
        row["closed_at"], row["closing_reason"] = at, reason
    _note(rows, row, before=before, by_id=row["owner_id"], at=at, reason=reason)


def _pay(rows: Rows, row: dict[str, Any], reward_coins: int) -> None:
    row["reward_coins"] = reward_coins
    if not reward_coins:
        return
    rows.movements.append(
        Movement(
            row["adopted_at"],
            f"suggestion:{row['id']}:adopted",
            Reason.SUGGESTION_REWARD,
            ((ISSUE, -reward_coins), (wallet(row["author_id"]), reward_coins)),
            by_id=row["owner_id"],
        )
    )


def _note(
    rows: Rows,
    row: dict[str, Any],
    *,
    before: str | None,
    by_id: int,
    at: datetime,
    reason: str,
) -> None:
    rows.steps.append(
        {
            "suggestion_id": row["id"],
            "step": row["step"],
            "from_status": before,
            "to_status": row["status"],
            "by_id": by_id,
            "owner_id": row["owner_id"],
            "reason": reason,
            "at": at,
        }
    )


def _words(suggestions: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in suggestions:
        for token in sorted(tokens_of(row["title"])):
            yield {"token": token, "suggestion_id": row["id"]}
