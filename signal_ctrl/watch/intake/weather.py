"""Weather as a feed sends it: reports for a time, judged one by one."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from signal_ctrl.domain.batches import Reason, whole_of
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.conditions.values import CLEAR_VIEW_M, WEATHER_AHEAD_MS, Weather
from signal_ctrl.watch.feeds.values import Feed
from signal_ctrl.watch.intake.admission import LATEST_MS, Judged
from signal_ctrl.watch.intake.batch import number_of

_NEEDED: Final = frozenset({"from_utc_ms", "to_utc_ms"})
_OPTIONAL: Final = frozenset({"rain_mm_h", "snow_mm_h", "ice", "visibility_m"})


def judge_weather(feed: Feed, items: Iterable[Any], now_utc_ms: int) -> Judged:
    """Return what counts of reports that are taken now; one that begins when another one did takes its place. [ms]"""
    found = Judged()
    for item in items:
        report = _report_of(feed, item, now_utc_ms)
        if isinstance(report, Reason):
            found.left_out[report] += 1
        else:
            found.weather.append(report)
    return found


def _report_of(feed: Feed, item: Any, now_ms: int) -> Weather | Reason:
    if not isinstance(item, dict) or not item.keys() >= _NEEDED or not item.keys() <= _NEEDED | _OPTIONAL:
        return Reason.FORM
    try:
        report = _made(feed, item, now_ms)
    except InvalidInputError:
        return Reason.IMPOSSIBLE
    except (TypeError, ValueError):
        return Reason.FORM
    if report.from_utc_ms > now_ms + WEATHER_AHEAD_MS:
        return Reason.FUTURE
    return Reason.LATE if report.to_utc_ms < now_ms - LATEST_MS else report


def _made(feed: Feed, item: Mapping[str, Any], now_ms: int) -> Weather:
    begin_ms, ice = whole_of(item["from_utc_ms"]), item.get("ice", False)
    if not isinstance(ice, bool):
        raise ValueError("ice is true or false")
    return Weather(
        weather_id=f"{feed.feed}:{begin_ms}",
        from_utc_ms=begin_ms,
        to_utc_ms=whole_of(item["to_utc_ms"]),
        entered_by=f"feed:{feed.feed}",
        entered_utc_ms=now_ms,
        rain_mm_h=number_of(item.get("rain_mm_h", 0)),
        snow_mm_h=number_of(item.get("snow_mm_h", 0)),
        ice=ice,
        visibility_m=number_of(item.get("visibility_m", CLEAR_VIEW_M)),
    )
