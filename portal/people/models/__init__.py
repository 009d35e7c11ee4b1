"""The tables of people: working lives, keys, imports."""

from portal.people.models.imports import (
    BatchState,
    ImportBatch,
    ImportChange,
    ImportFinding,
    ImportMapping,
    Severity,
)
from portal.people.models.keys import ApiToken, Credential, Role, RoleGrant, WebSession
from portal.people.models.staff import (
    Employment,
    Person,
    Position,
    ShiftKind,
    Term,
    Unit,
    UnitKind,
    UnitPath,
    sorted_text,
)

__all__ = [
    "ApiToken",
    "BatchState",
    "Credential",
    "Employment",
    "ImportBatch",
    "ImportChange",
    "ImportFinding",
    "ImportMapping",
    "Person",
    "Position",
    "Role",
    "RoleGrant",
    "Severity",
    "ShiftKind",
    "Term",
    "Unit",
    "UnitKind",
    "UnitPath",
    "WebSession",
    "sorted_text",
]
