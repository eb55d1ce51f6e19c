"""Whether it is an hour of longer clearance at a site, by the clock on the wall there."""

import datetime as dt

from signal_ctrl.domain.schedule import zone_of
from signal_ctrl.domain.site import Site

_S_PER_MIN = 60
_MIN_PER_DAY = 1440


def is_longer_at(site: Site, utc_ms: int) -> bool:
    """Return whether clearances are the longer ones at an instant. Raises: InvalidInputError for an unknown zone."""
    if not site.longer_hours:
        return False
    wall = dt.datetime.fromtimestamp(utc_ms / 1000, zone_of(site.zone))
    return site.is_longer(wall.weekday(), wall.hour * 60 + wall.minute)


def is_longer_on_monday(site: Site, time_s: float) -> bool:
    """Return the same for a simulation, whose time 0 is a Monday, 00:00, of the clock on the wall. [s]"""
    minute = int(time_s // _S_PER_MIN)
    return site.is_longer(minute // _MIN_PER_DAY % 7, minute % _MIN_PER_DAY)
