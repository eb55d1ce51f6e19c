"""Alarms as they begin."""

from dataclasses import dataclass

from detectors.video.seen import Seen, VideoAlarm


@dataclass(frozen=True, slots=True)
class AlarmTally:
    """Gives alarms as they come; there is nothing to add up."""

    def take(self, time_s: float, seen: Seen) -> tuple[VideoAlarm, ...]:
        """Take what a frame showed."""
        return seen.alarms

    def gap(self, to_s: float) -> tuple[VideoAlarm, ...]:
        """Take that nothing was seen until a time. [s]"""
        return ()

    def end(self, seen: Seen) -> tuple[VideoAlarm, ...]:
        """Take what the end settled."""
        return seen.alarms
