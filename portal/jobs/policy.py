"""Who may see and start jobs: pure predicates."""

from __future__ import annotations

from portal.base.access import Viewer


def may_run(viewer: Viewer) -> bool:
    """Jobs are the administrator's work; their results belong to the rooms."""
    return viewer.has("administrator")
