"""What can be suggested about."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.base.db import session
from portal.suggestions.models import Topic


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic as it can be chosen, with its rule (see `Topic`)."""

    key: str
    name: str
    name_en: str
    owner_role: str | None = None
    owner_id: int | None = None
    answer_days: int = 7
    reward_coins: int = 20
    position: int = 0

    def label(self, language: str) -> str:
        return self.name_en if language == "en" else self.name


STARTING_TOPICS = {
    topic.key: topic
    for topic in (
        TopicLine("workplace", "工作环境", "Workplace", position=10),
        TopicLine("tools", "系统与工具", "Systems and tools", position=20),
        TopicLine("knowledge", "知识库与流程", "Knowledge base and procedures", position=30),
        TopicLine("service", "客户服务", "Customer service", position=40),
        TopicLine("shifts", "排班与休息", "Shifts and breaks", "hr", position=50),
        TopicLine("living", "食宿与交通", "Meals, lodging and transport", "hr", position=60),
        TopicLine("culture", "文化与活动", "Culture and activities", "station", position=70),
        TopicLine("other", "其他", "Something else", position=900),
    )
}
"""The topics of a house that has set none: each is stored when it is first used."""


def open_topics() -> list[TopicLine]:
    """What can be suggested about today, in its order."""
    stored = session().scalars(select(Topic)).all()
    lines = dict(STARTING_TOPICS)
    for row in stored:
        lines.pop(row.key, None)
        if row.closed_at is None:
            lines[row.key] = _line(row)
    return sorted(lines.values(), key=lambda line: (line.position, line.key))


def _line(row: Topic) -> TopicLine:
    return TopicLine(
        row.key, row.name, row.name_en, row.owner_role, row.owner_id, row.answer_days,
        row.reward_coins, row.position,
    )  # fmt: skip
