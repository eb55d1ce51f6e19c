"""What services and stores say to each other about writes: what one is worth, and how the store is."""

from enum import Enum


class Importance(Enum):
    """What a write is worth when space runs out."""

    RAW = "raw"
    """Raw data of detectors: shed from 90 % of the disk on."""
    NORMAL = "normal"
    """Everything else: refused from 97 % on."""
    ESSENTIAL = "essential"
    """Releases and expiries of overrides, alarms, and what is recorded late: tried to the last byte."""


class Condition(Enum):
    """How the store is, from well to worse."""

    OPEN = "open"
    SPACE_LOW = "space_low"
    """80 % of the disk: warn."""
    SHEDDING = "shedding"
    """90 %: raw data are refused."""
    READ_ONLY = "read_only"
    """97 %: only what is essential is written."""
    FAILED = "failed"
    """A write or a sync failed, or another centre took over: nothing is written until the process starts anew."""
