"""What a site is built from: one signal's links, its programmes in force and the safety profile."""

from dataclasses import dataclass

from signal_ctrl.domain.profile import SafetyProfile
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.programmes import Programme, Step


@dataclass(frozen=True, slots=True)
class SignalSource:
    """One signal of a network. `engineered`: its own ambers and intergreens count; `quantum_ds` is the time
    of which all intervals are multiples. [ds]
    """

    signal: str
    net: Net
    connections: tuple[Connection, ...]
    programmes: tuple[Programme, ...]
    profile: SafetyProfile
    engineered: bool
    quantum_ds: int

    @property
    def n_links(self) -> int:
        """Lamps of the signal."""
        return self.programmes[0].n_links

    @property
    def steps(self) -> tuple[Step, ...]:
        """All rows of all programmes in force."""
        return tuple(step for programme in self.programmes for step in programme.steps)

    def connections_of(self, link: int) -> tuple[Connection, ...]:
        """Return the connections that share a lamp."""
        return tuple(c for c in self.connections if c.link == link)

    def column(self, link: int) -> str:
        """Return the letters of a link in all rows."""
        return "".join(step.state[link] for step in self.steps)

    def is_crossing(self, link: int) -> bool:
        """Return whether a lamp speaks to walkers only."""
        own = self.connections_of(link)
        return bool(own) and all(self.net.is_crossing(c) for c in own)


class LeftAloneError(Exception):
    """A signal is none of ours; the text says why."""
