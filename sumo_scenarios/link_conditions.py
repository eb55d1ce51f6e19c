"""What the wire between cabinets and centre does in a run."""

from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

_FORM: Final = "loss=0.05,delay_ms=200,outage=600-900,restart=1200,seed=1"
_MOST_DELAY_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class LinkConditions:
    """A wire: share of requests and of answers lost, delay each way, times without a centre, restarts of the centre.

    Times are simulation seconds; `outages` may be several, so may `restarts`.
    """

    loss: float = 0.0
    delay_ms: int = 0
    outages: tuple[tuple[float, float], ...] = ()
    restarts: tuple[float, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.loss <= 1 or not 0 <= self.delay_ms <= _MOST_DELAY_MS:
            raise InvalidInputError(f"--link needs loss from 0 to 1 and delay_ms from 0 to {_MOST_DELAY_MS}")
        if not all(0 <= begin_s < end_s for begin_s, end_s in self.outages):
            raise InvalidInputError("--link: an outage is FROM-TO in simulation seconds, FROM before TO")

    def is_out(self, time_s: float) -> bool:
        """Return whether the centre cannot be reached at a time. [s]"""
        return any(begin_s <= time_s < end_s for begin_s, end_s in self.outages)


def parse_link(text: str) -> LinkConditions:
    """Return the conditions of a text such as `loss=0.05,delay_ms=200,outage=600-900`; empty: a perfect wire.

    Raises: InvalidInputError for another form.
    >>> parse_link("loss=0.1,outage=5-9,outage=20-30").outages
    ((5.0, 9.0), (20.0, 30.0))
    """
    found = LinkConditions()
    for part in filter(None, text.split(",")):
        key, _, value = part.strip().partition("=")
        try:
            found = _with(found, key, value)
        except ValueError:
            raise InvalidInputError(f"--link does not know '{part}'; write it as {_FORM}") from None
    return found


def _with(found: LinkConditions, key: str, value: str) -> LinkConditions:
    if key == "loss":
        return replace(found, loss=float(value))
    if key == "delay_ms":
        return replace(found, delay_ms=int(value))
    if key == "seed":
        return replace(found, seed=int(value))
    if key == "outage":
        begin, _, end = value.partition("-")
        return replace(found, outages=(*found.outages, (float(begin), float(end))))
    if key == "restart":
        return replace(found, restarts=(*found.restarts, float(value)))
    raise ValueError(key)
