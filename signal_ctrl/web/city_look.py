"""The city in a few figures, as the wall shows them; made once for each minute that is shown."""

from dataclasses import replace
from threading import Lock
from typing import Any, Final

from signal_ctrl.centre.cabinets import Cabinet, every_cabinet
from signal_ctrl.centre.faults import FAULTS, Facility
from signal_ctrl.centre.plans import by_signal
from signal_ctrl.watch.figures.values import Figures, WorstJunction
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.bodies import BodyOut
from signal_ctrl.web.congestion_view import congestion_of
from signal_ctrl.web.link_look import LinkLook, Shown

COUNTED_MS: Final = 5_000
"""Faults are counted again so often. [ms]"""
MOST_JAMMED: Final = 10
"""Jammed roads that are recorded: as many as the wall shows."""


class FiguresOut(BodyOut):
    """Key figures. `minute_utc_ms` and `figures` None: no road is watched, or nothing is published yet.

    `forecast_utc_ms`, when the youngest forecast was made; None: there is none to ask for.
    """

    minute_utc_ms: int | None
    figures: Figures | None
    worst_junctions: list[WorstJunction]
    detectors_down: int
    forecast_utc_ms: int | None


class CityLook:
    """Looks at the figures of what is shown."""

    def __init__(self, watch: Watch, links: LinkLook) -> None:
        self._watch = watch
        self._links = links
        self._lock = Lock()
        self._minute: object = None
        self._roads: dict[str, Any] = {}
        self._cabinets: dict[str, Cabinet] = {}
        self._down = 0
        self._counted_mono_ms: int | None = None

    def figures(self) -> FiguresOut:
        """Return the figures of now."""
        with self._lock:
            self._look()
            return FiguresOut(**self._figures())

    def topic(self) -> dict[str, Any]:
        """Return what is recorded of the city as a whole."""
        with self._lock:
            self._look()
            figures = FiguresOut(**self._figures()).model_dump(mode="json")
            return {"figures": figures, **({"congestion": self._roads["congestion"]} if self._roads else {})}

    def _figures(self) -> dict[str, Any]:
        roads = self._roads or {"minute_utc_ms": None, "figures": None, "worst_junctions": []}
        forecast = self._watch.foresight.latest
        return {
            **{name: value for name, value in roads.items() if name != "congestion"},
            "detectors_down": self._down,
            "forecast_utc_ms": None if forecast is None else forecast.at_utc_ms,
        }

    def _look(self) -> None:
        shown = self._links.now()
        if shown is None:
            self._minute, self._roads = None, {}
        elif shown.minute is not self._minute:
            self._minute, self._roads = shown.minute, self._of(shown)
        mono_ms = self._watch.desk.clock.mono_ms()
        if self._counted_mono_ms is None or mono_ms - self._counted_mono_ms >= COUNTED_MS:
            self._counted_mono_ms = mono_ms
            broken = {"facility": Facility.DETECTOR.value, "live": "yes"}
            self._down = self._watch.centre.store.read(lambda reading: reading.shelf(FAULTS).count(broken))

    def _named(self, worst: WorstJunction) -> WorstJunction:
        """Return a junction by the name of its cabinet, by which all else knows it, not of its signal."""
        known = self._cabinets.get(worst.junction)
        return worst if known is None else replace(worst, junction=known.cabinet)

    def _of(self, shown: Shown) -> dict[str, Any]:
        maker = self._watch.figures.maker(shown.network)
        self._cabinets = by_signal(self._watch.centre.store.read(every_cabinet))
        return {
            "minute_utc_ms": shown.minute.minute_utc_ms,
            "figures": maker.of(shown.minute),
            "worst_junctions": [self._named(each) for each in maker.worst(shown.minute)],
            "congestion": congestion_of(shown, MOST_JAMMED).model_dump(mode="json"),
        }
