"""Reading growth files: whose, over what time, with which figures and honours; and the records."""

from portal.growth.queries.career import (
    Career,
    Service,
    Span,
    Step,
    career,
    service_length,
)
from portal.growth.queries.figures import Figure, Medians, figures, months_of
from portal.growth.queries.honours import (
    HonourLine,
    holders_of,
    honours_of,
    recent_honours,
    unit_name,
)
from portal.growth.queries.sheets import findings_of, recent_sheets
from portal.growth.queries.subject import Subject, files, subject, visible_to

__all__ = [
    "Career",
    "Figure",
    "HonourLine",
    "Medians",
    "Service",
    "Span",
    "Step",
    "Subject",
    "career",
    "figures",
    "files",
    "findings_of",
    "holders_of",
    "honours_of",
    "months_of",
    "recent_honours",
    "recent_sheets",
    "service_length",
    "subject",
    "unit_name",
    "visible_to",
]
