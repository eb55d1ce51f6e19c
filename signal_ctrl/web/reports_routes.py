"""Reports of the bench, from the folder that `serve --reports` names: a list, and each of them to be opened.

A report is a document that somebody else wrote. It is answered with a policy that gives it no script, no request, no
form, and an origin of its own: whatever stands in it cannot act for who looks at it.
"""

from typing import Annotated, Final

from fastapi import Path, Query, Response

from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.routing import ContextOf, new_router
from signal_ctrl.web.shown_files import ID, ShownFiles

MOST_BYTES: Final = 32 * (1 << 20)
POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HTML: Final = "text/html; charset=utf-8"

router = new_router("reports")


class ReportOut(BodyOut):
    """One report. [ms]"""

    report: str
    name: str
    bytes: int
    written_utc_ms: int


class ReportsOut(BodyOut):
    """Reports, the youngest first: `reports` of `total`, from `first` on."""

    reports: list[ReportOut]
    first: int
    total: int


@router.get("/v1/reports")
def listed(
    actor: Reader,
    context: ContextOf,
    first: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReportsOut:
    """List the reports, the youngest first; none where no folder was named."""
    people_only(actor)
    folder = _folder(context)
    found = [] if folder is None else folder.listed()
    shown = [
        ReportOut(report=each.file_id, name=each.name, bytes=each.bytes, written_utc_ms=each.written_utc_ms)
        for each in found[first : first + limit]
    ]
    return ReportsOut(reports=shown, first=first, total=len(found))


@router.get("/v1/reports/{report}", response_class=Response, responses={200: {"content": {"text/html": {}}}})
def one(report: Annotated[str, Path(pattern=f"^{ID.pattern}$")], actor: Reader, context: ContextOf) -> Response:
    """Return a report as it stands, with a policy that lets it show itself and do nothing."""
    people_only(actor)
    folder = _folder(context)
    if folder is None:
        raise NotFoundError("no folder of reports is served; 'signal-ctrl serve --reports DIR' names one")
    _, content = folder.read(report)
    return Response(content, headers={"Content-Security-Policy": POLICY}, media_type=HTML)


def _folder(context: Context) -> ShownFiles | None:
    folder = context.settings.reports
    return None if folder is None else ShownFiles(folder, frozenset({".html", ".htm"}), MOST_BYTES)
