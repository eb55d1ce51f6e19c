"""The audit: who did what. Auditors read all of it, supervisors what is their district's."""

import csv
import io
from typing import Annotated, Final

from fastapi import Query, Response

from signal_ctrl.centre.audit import StoredRecord
from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.centre.ports import Reading
from signal_ctrl.web.audit_view import RecordOut, VerdictOut, district_view, shown
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.csv_cells import safe_cells
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("audit")

Auditor = Annotated[Actor, needs(Right.READ_AUDIT)]
Wanted = Annotated[str, Query(max_length=200)]
From = Annotated[int, Query(ge=1, le=(1 << 53))]
Limit = Annotated[int, Query(ge=1, le=1000)]
_SCANNED: Final = 20_000
"""Records that one question looks at, at most."""
_AT_ONCE: Final = 1000


class AuditOut(BodyOut):
    """Records in the order of their numbers; `next_n` is where to go on, None at the end."""

    records: list[RecordOut]
    next_n: int | None


@router.get("/v1/audit")
def audit(
    actor: Auditor,
    context: ContextOf,
    first_n: From = 1,
    limit: Limit = 200,
    who: Wanted = "",
    action: Wanted = "",
    object_: Annotated[str, Query(alias="object", max_length=200)] = "",
    newest: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> AuditOut:
    """List records from a number on; only those of an actor, an action, an object if given.

    `newest` begins with the last so many records of the chain instead of `first_n`.
    """
    wanted = {"actor": who, "action": action, "object": object_}

    def look(reading: Reading) -> tuple[list[StoredRecord], int | None]:
        begin_n = max(1, reading.audit.head().n - newest + 1) if newest else first_n
        return _page(reading, actor, begin_n, newest or limit, wanted)

    found, next_n = context.centre.store.read(look)
    return AuditOut(records=[shown(stored) for stored in found], next_n=next_n)


@router.get("/v1/audit.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def audit_csv(actor: Auditor, context: ContextOf, first_n: From = 1, limit: Limit = 1000) -> Response:
    """List records from a number on as a table; no cell is a formula."""
    found, _ = context.centre.store.read(lambda reading: _page(reading, actor, first_n, limit, {}))
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(RecordOut.model_fields)
    rows.writerows(safe_cells(shown(stored).model_dump().values()) for stored in found)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(text.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")


@router.get("/v1/audit/verify")
def verify(actor: Auditor, context: ContextOf) -> VerdictOut:
    """Check every record and every link of the audit, and its anchors where they are at hand."""
    return context.verify()


def _page(
    reading: Reading, actor: Actor, first_n: int, limit: int, wanted: dict[str, str]
) -> tuple[list[StoredRecord], int | None]:
    """Return at most `limit` records that are wanted and may be seen, and the number to go on with."""
    view = district_view(reading, actor.district) if actor.district is not None else None
    found: list[StoredRecord] = []
    n = first_n
    while n < first_n + _SCANNED:
        page = reading.audit.records(n, _AT_ONCE)
        for stored in page:
            if len(found) == limit:
                return found, stored.record.n
            if _fits(stored, wanted) and (view is None or view.holds(stored)):
                found.append(stored)
        if len(page) < _AT_ONCE:
            return found, None
        n = page[-1].record.n + 1
    return found, n


def _fits(stored: StoredRecord, wanted: dict[str, str]) -> bool:
    return all(not value or getattr(stored.record, name) == value for name, value in wanted.items())
