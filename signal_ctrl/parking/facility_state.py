"""Everything that is known of one facility: its sensors, who stays how long, what came in and went out."""

from collections.abc import Sequence
from typing import Any, Final

from signal_ctrl.domain.batches import Reason
from signal_ctrl.parking.camera_counts import SectionByCamera
from signal_ctrl.parking.facilities import Facility, Section, Sensing
from signal_ctrl.parking.fusing import believed
from signal_ctrl.parking.gate_counts import GateCounts
from signal_ctrl.parking.occupancy import Occupancy
from signal_ctrl.parking.parts import Part
from signal_ctrl.parking.readings import CameraReading, GateReading, ParkingReading, SpaceReading, SurveyReading
from signal_ctrl.parking.space_sensors import Change, SectionBySpaces
from signal_ctrl.parking.stays import Stays

SELF_SURVEY_MS: Final = 24 * 3_600_000
"""Where sensors see every space, they give the gates their base anew after so long, if they agree with them. [ms]"""
SELF_SURVEY_SHARE: Final = 0.02
"""Of the capacity: they do so only if they leave less than this open. [P]"""


class FacilityState:
    """The state of one facility. Readings come in the order of their batches; belief is made of it at a time."""

    def __init__(self, facility: Facility, timezone: str) -> None:
        self.facility = facility
        self.stays = Stays(facility, timezone)
        self.gates = GateCounts(facility.gates, facility.capacity) if facility.gates else None
        self._spaces = {e.section: SectionBySpaces(e) for e in facility.sections if e.sensing is Sensing.SPACES}
        self._cameras = {e.section: SectionByCamera(e) for e in facility.sections if e.sensing is Sensing.CAMERA}
        self._believed: Occupancy | None = None

    def take(self, reading: ParkingReading, feed: str) -> Reason | None:
        """Take a reading and return why it is left out, None if it counts."""
        self._believed = None
        match reading:
            case SpaceReading():
                return self._space(reading, feed)
            case CameraReading():
                camera = self._cameras.get(reading.section)
                return Reason.UNKNOWN if camera is None else camera.take(reading)
            case GateReading():
                return self._gate(reading)
            case SurveyReading():
                return Reason.UNKNOWN if self.gates is None else self.gates.survey(reading)

    def _space(self, reading: SpaceReading, feed: str) -> Reason | None:
        section = self.facility.section_of.get(reading.space)
        sensors = None if section is None else self._spaces.get(section.section)
        if section is None or sensors is None:
            return Reason.UNKNOWN
        found = sensors.take(reading, feed)
        if isinstance(found, Change):
            self.stays.note(section, found)
            return None
        return found

    def _gate(self, reading: GateReading) -> Reason | None:
        if self.gates is None:
            return Reason.UNKNOWN
        why = self.gates.take(reading)
        if why is None:
            self.stays.passed(reading.at_utc_ms, reading.entered, reading.left)
        return why

    def belief(self, now_utc_ms: int) -> Occupancy:
        """Return what is believed; within one second it is not made anew unless something was heard. [ms]"""
        if self._believed is None or not 0 <= now_utc_ms - self._believed.at_utc_ms < 1000:
            gates = None if self.gates is None else self.gates.part(now_utc_ms)
            self._believed = believed(self.facility, self.parts(now_utc_ms), gates, now_utc_ms)
        return self._believed

    def parts(self, now_utc_ms: int) -> Sequence[tuple[Section, Part]]:
        """Return what is known of each section that is seen by itself. [ms]"""
        seen: list[SectionBySpaces | SectionByCamera] = [*self._spaces.values(), *self._cameras.values()]
        return tuple((each.section, each.part(now_utc_ms)) for each in seen)

    def sensors_of(self, section: str) -> SectionBySpaces | None:
        """Return the sensors of a section; None where its spaces have none."""
        return self._spaces.get(section)

    @property
    def counts_passing(self) -> bool:
        """Whether it is known who comes and goes: by gates, or where every space has a sensor."""
        return self.gates is not None or len(self._spaces) == len(self.facility.sections)

    def tick(self, now_utc_ms: int) -> None:
        """Give the gates a new base where every space is seen and they agree, or have none yet. [ms]"""
        if self.gates is None or now_utc_ms - self.gates.base_utc_ms < SELF_SURVEY_MS:
            return
        parts, capacity = [part for _, part in self.parts(now_utc_ms)], self.facility.capacity
        open_ = sum(part.high - part.low for part in parts)
        if sum(part.capacity for part in parts) < capacity or not all(part.is_good for part in parts):
            return
        free, gates = sum(part.free for part in parts), self.gates.part(now_utc_ms)
        fits = not self.gates.base_utc_ms or gates.low <= free <= gates.high
        if open_ <= SELF_SURVEY_SHARE * capacity and fits:
            self.gates.survey(SurveyReading(self.facility.facility, now_utc_ms, capacity - free))
            self._believed = None

    def document(self) -> dict[str, Any]:
        """Return everything that is to survive as a JSON object."""
        sections = {name: each.document() for name, each in self._spaces.items()}
        sections |= {name: each.document() for name, each in self._cameras.items()}
        gates = None if self.gates is None else self.gates.document()
        return {"sections": sections, "gates": gates, "stays": self.stays.document()}

    def restore(self, document: dict[str, Any]) -> None:
        """Go on from such an object, also where the facility was changed since: what no longer fits is left out."""
        for name, kept in document["sections"].items():
            if "spaces" in kept and name in self._spaces:
                self._spaces[name].restore(kept)
            if "camera" in kept and name in self._cameras:
                self._cameras[name].restore(kept)
        if self.gates is not None and document["gates"] is not None:
            self.gates.restore(document["gates"])
        self.stays.restore(document["stays"])
        self._believed = None
