"""The audit: who did what. Auditors read all of it, supervisors what is their district's."""

import csv
import io
from typing import Annotated, Final

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from signal_ctrl.centre.audit import StoredRecord
from signal_ctrl.centre.audit_port import AuditReading, AuditWish
from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.centre.ports import Reading
from signal_ctrl.web.audit_view import RecordOut, VerdictOut, shown
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.csv_cells import safe_cells
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("audit")

Auditor = Annotated[Actor, needs(Right.READ_AUDIT)]
Name = Annotated[str, Field(max_length=200)]
From = Annotated[int, Field(ge=1, le=(1 << 53))]
Limit = Annotated[int, Field(ge=1, le=1000)]
FromQuery = Annotated[From, Query()]
LimitQuery = Annotated[Limit, Query()]
_SCANNED: Final = 20_000
"""Records that one question looks at, at most."""


class AuditOut(BodyOut):
    """Records in the order of their numbers, and where to go on: to younger ones with `first_n=next_n`, to older ones
    with `before_n=earlier_n`; None at the end, or where nothing was looked at on that side.
    """

    records: list[RecordOut]
    next_n: int | None
    earlier_n: int | None


class Wanted(BaseModel):
    """Which records are asked for. Without `newest`, `before_n` and `until_utc_ms` it goes on from `first_n`."""

    model_config = ConfigDict(frozen=True)
    first_n: From = 1
    before_n: Annotated[int | None, Field(ge=1, le=(1 << 53) + 1)] = None
    until_utc_ms: Annotated[int | None, Field(ge=0, le=(1 << 53))] = None
    limit: Limit = 200
    newest: Annotated[int, Field(ge=0, le=1000)] = 0
    who: Name = ""
    action: Name = ""
    object: Name = ""

    @property
    def goes_back(self) -> bool:
        """Whether the last ones are asked for."""
        return bool(self.newest) or self.before_n is not None or self.until_utc_ms is not None


@router.get("/v1/audit")
def audit(actor: Auditor, context: ContextOf, wanted: Annotated[Wanted, Query()]) -> AuditOut:
    """List records from a number on; only those of an actor, an action, an object if given, and of one's own district.

    `newest` begins with so many of the last ones instead, `before_n` with the last ones before a number, `until_utc_ms`
    with those of a time: of all that fit the youngest `limit`. One question looks at 20,000 records, so it may return
    few or none, and still say where to go on.
    """
    wish = AuditWish(wanted.who, wanted.action, wanted.object, actor.district)

    def look(reading: Reading) -> Page:
        if not wanted.goes_back:
            return younger(reading.audit, wish, wanted.first_n, wanted.limit)
        return older(reading.audit, wish, _end_n(reading.audit, wanted), wanted.newest or wanted.limit)

    found, next_n, earlier_n = context.centre.store.read(look)
    return AuditOut(records=[shown(stored) for stored in found], next_n=next_n, earlier_n=earlier_n)


def _end_n(audit: AuditReading, wanted: Wanted) -> int:
    """Return the number before which the last records are asked for."""
    ends = [audit.head().n + 1]
    ends += [] if wanted.before_n is None else [wanted.before_n]
    ends += [] if wanted.until_utc_ms is None else [audit.n_at(wanted.until_utc_ms) + 1]
    return min(ends)


@router.get("/v1/audit.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def audit_csv(actor: Auditor, context: ContextOf, first_n: FromQuery = 1, limit: LimitQuery = 1000) -> Response:
    """List records from a number on as a table; no cell is a formula."""
    wish = AuditWish(district=actor.district)
    found, _, _ = context.centre.store.read(lambda reading: younger(reading.audit, wish, first_n, limit))
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


Page = tuple[tuple[StoredRecord, ...], int | None, int | None]
"""Records, and the numbers to go on with: to younger ones, to older ones."""


def younger(audit: AuditReading, wish: AuditWish, first_n: int, limit: int) -> Page:
    """Return the first records that fit, from a number on."""
    end_n = first_n + _SCANNED
    found = audit.found(wish, first_n, end_n, limit + 1)
    if len(found) > limit:
        return found[:limit], found[limit].record.n, None
    return found, end_n if audit.head().n >= end_n else None, None


def older(audit: AuditReading, wish: AuditWish, end_n: int, limit: int) -> Page:
    """Return the last records that fit, before a number."""
    begin_n = max(1, end_n - _SCANNED)
    found = audit.found(wish, begin_n, end_n, limit + 1, youngest=True)
    if len(found) > limit:
        return found[1:], None, found[1].record.n
    is_more = any(stored.record.n < begin_n for stored in audit.records(limit=1))
    return found, None, begin_n if is_more else None
