"""The past, to be looked at again: what is recorded, everything at one time, and what changed after it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import StringConstraints

from signal_ctrl.centre.identity import Actor
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.lamps import WORDS
from signal_ctrl.watch.past.book import Extent, extent, moments, past
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.context import Context
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("past")

JSON: Final = "application/json"
MOST_WINDOW_MS: Final = 600_000
"""How much time one question for changes covers at most. [ms]"""
MOST_VALUES: Final = 20_000
"""Values that one answer holds at most, beyond those of its last moment; `next_utc_ms` says where to go on."""
LAMPS: Final = "lamps"
_NAME: Final = "^[A-Za-z0-9._-]{1,64}$"
At = Annotated[int, Query(ge=0, le=1 << 43)]
Lit = Annotated[list[Annotated[str, StringConstraints(pattern=_NAME)]], Query(max_length=20)]


class ExtentOut(BodyOut):
    """From when to when it is recorded, None where nothing is, and how long it is kept. [ms] [d]"""

    first_utc_ms: int | None
    last_utc_ms: int | None
    kept_days: int
    lamp_words: dict[str, str]


@router.get("/v1/past")
def recorded(actor: Reader, context: ContextOf) -> ExtentOut:
    """Say from when to when the past is recorded. The last seconds are not yet."""
    people_only(actor)
    found: Extent | None = context.centre.store.read(extent)
    return ExtentOut(
        first_utc_ms=None if found is None else found.first_utc_ms,
        last_utc_ms=None if found is None else found.last_utc_ms,
        kept_days=context.recorder.kept_days,
        lamp_words=dict(WORDS),
    )


@router.get("/v1/past/picture", response_class=Response, responses={200: {"content": {JSON: {}}}})
def picture(actor: Reader, context: ContextOf, at_utc_ms: At, lamps: Lit = []) -> Response:  # noqa: B006  # FastAPI copies it
    """Return everything as it was shown at a time, by topic and name; lamps of up to 20 junctions that are named.

    `seen_utc_ms`, when it was looked at last; long before `at_utc_ms`: nobody was looking. Roads have level, km/h and
    metres of queue; lamps have stage, its begin and a letter a signal group (`lamp_words` of `/v1/past`).
    """
    _may(actor, context)
    found = context.centre.store.read(lambda reading: past(reading, at_utc_ms))
    return _answer({**found._asdict(), "picture": _with_lamps(found.picture, frozenset(lamps))})


@router.get("/v1/past/changes", response_class=Response, responses={200: {"content": {JSON: {}}}})
def changes(actor: Reader, context: ContextOf, after_utc_ms: At, until_utc_ms: At, lamps: Lit = []) -> Response:  # noqa: B006
    """Return what changed after a time, up to another one at most 10 minutes later; null: it is gone.

    `next_utc_ms`: it goes on after that time; null at the end. `anew`: what was before it is not known; ask for the
    picture.
    """
    _may(actor, context)
    if not 0 <= until_utc_ms - after_utc_ms <= MOST_WINDOW_MS:
        raise InvalidInputError(f"'until_utc_ms' is at most {MOST_WINDOW_MS} ms after 'after_utc_ms', and not before")
    wanted, values, next_ms = frozenset(lamps), 0, None
    rows: list[dict[str, Any]] = []
    for each in context.centre.store.read(lambda reading: moments(reading, after_utc_ms, until_utc_ms)):
        if values > MOST_VALUES:
            next_ms = rows[-1]["at_utc_ms"]
            break
        changed = _with_lamps(each.changes, wanted)
        values += sum(map(len, changed.values()))
        if changed or each.anew:
            rows.append({"at_utc_ms": each.at_utc_ms, "anew": each.anew, "changes": changed})
    return _answer({"until_utc_ms": until_utc_ms, "next_utc_ms": next_ms, "moments": rows})


def _may(actor: Actor, context: Context) -> None:
    people_only(actor)
    context.rates.take_past(actor)


def _with_lamps(topics: Mapping[str, Mapping[str, Any]], wanted: frozenset[str]) -> dict[str, Mapping[str, Any]]:
    """Return topics with the lamps alone that are wanted: nearly all changes are lamps that nobody looks at."""
    lit = {name: value for name, value in topics.get(LAMPS, {}).items() if name in wanted}
    others = {name: topic for name, topic in topics.items() if name != LAMPS}
    return {**others, LAMPS: lit} if lit else others


def _answer(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document, separators=(",", ":"), allow_nan=False), media_type=JSON)
