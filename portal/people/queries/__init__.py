"""Reading people: who is this, who works where on a day, who is below whom."""

from portal.people.queries.roles import holders
from portal.people.queries.staff import (
    StaffLine,
    by_staff_no,
    by_staff_nos,
    directory,
    exactly_named,
    head_count,
    lines,
    matching,
    names_of,
    staff,
    team_of,
)
from portal.people.queries.units import below, below_column, tree, units_below
from portal.people.queries.viewer import (
    credential_of,
    hash_token,
    is_empty,
    viewer_of_person,
    viewer_of_session,
    viewer_of_token,
)

__all__ = [
    "StaffLine",
    "below",
    "below_column",
    "by_staff_no",
    "by_staff_nos",
    "credential_of",
    "directory",
    "exactly_named",
    "hash_token",
    "head_count",
    "holders",
    "is_empty",
    "lines",
    "matching",
    "names_of",
    "staff",
    "team_of",
    "tree",
    "units_below",
    "viewer_of_person",
    "viewer_of_session",
    "viewer_of_token",
]
