"""Reading growth files: whose, over what time, with which figures and honours; and the records."""

from portal.growth.queries.career import (
    Career,
    Service,
    Span,
    Step,
    life,
    service_length,
)
from portal.growth.queries.figures import Figure, Medians, figures, months_of
from portal.growth.queries.honours import (
    HonourLine,
    holders_of,
    recent_honours,
    unit_name,
)
from portal.growth.queries.sheets import findings_of, recent_sheets
from portal.growth.queries.subject import Subject, files, subject, subjects, visible_to

__all__ = [
    "Career",
    "Figure",
    "HonourLine",
    "Medians",
    "Service",
    "Span",
    "Step",
    "Subject",
    "figures",
    "files",
    "findings_of",
    "holders_of",
    "life",
    "months_of",
    "recent_honours",
    "recent_sheets",
    "service_length",
    "subject",
    "subjects",
    "unit_name",
    "visible_to",
]
