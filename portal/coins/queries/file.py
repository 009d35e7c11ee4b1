"""What coins add to the growth file: how many were received, and what for."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from portal.base.access import Viewer
from portal.base.room import FileEntry, FileSection
from portal.coins.models import Reason, Value
from portal.coins.queries.ledger import awards_received, received_in_all

MOST_IN_FILE = 60


def file_sections(person_id: int, viewer: Viewer) -> Sequence[FileSection]:
    """Coins received in recognition, and the latest awards. What is left in the wallet is the
    person's own affair. An award links to its page for those who received it."""
    is_own = viewer.id == person_id
    # sixty lines say the same few words: each is looked up once
    title, text = _("%(value)s · %(amount)s 枚金币"), _("%(who)s：%(words)s")
    thanks = Reason.THANK.label
    labels = {value.value: value.label for value in Value}
    entries = tuple(
        FileEntry(
            day=line.happened_on,
            tone="sun",
            title=title % {"value": labels.get(line.value or "", thanks), "amount": line.amount},
            text=text % {"who": line.who or "", "words": line.words or ""},
            url=f"/coins/awards/{line.award_id}" if is_own else None,
        )
        for line in awards_received(person_id, MOST_IN_FILE)
    )
    return (
        FileSection(
            key="coins",
            label=_("收到的阳光金币"),
            value=f"{received_in_all(person_id):,}",
            url="/coins/explain/ever_received" + ("" if is_own else f"?of={person_id}"),
            entries=entries,
        ),
    )
