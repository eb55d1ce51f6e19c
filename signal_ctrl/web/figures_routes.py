"""The city in a few figures, and how they went through the day."""

from typing import Annotated

from fastapi import Query

from signal_ctrl.watch.figures.desk import Trend, trend
from signal_ctrl.web.centre_bodies import Reader, people_only
from signal_ctrl.web.city_look import FiguresOut
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("figures")

UtcMsQuery = Annotated[int, Query(ge=0, le=1 << 43)]


@router.get("/v1/figures")
def figures(actor: Reader, context: ContextOf) -> FiguresOut:
    """Return key figures: mean speed, vehicles, delay, jams, broken detectors, the worst ten junctions."""
    people_only(actor)
    return context.city.figures()


@router.get("/v1/trend")
def day_trend(actor: Reader, context: ContextOf, from_utc_ms: UtcMsQuery, until_utc_ms: UtcMsQuery) -> Trend:
    """Return the figures of a day, five minutes each, and what is usual: the same weekday of the last four weeks."""
    people_only(actor)
    return context.centre.store.read(lambda reading: trend(reading, from_utc_ms, until_utc_ms))
