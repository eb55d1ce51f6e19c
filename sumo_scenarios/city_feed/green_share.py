"""How much of the time signals show green, by the programme in force: what the capacity of a road depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import Connection, Net
from sumo_scenarios.programmes import GREENS, Programme
from sumo_scenarios.switching import Additional, in_force


@dataclass(frozen=True, slots=True)
class Greens:
    """Programmes by signal; a signal without one counts as always green."""

    programmes: Mapping[str, Programme]

    def share(self, connections: Sequence[Connection]) -> float:
        """Return the share of the cycle in which at least one of the connections of a lane has green, above 0."""
        programme = self.programmes.get(connections[0].signal)
        if programme is None:
            return 1.0
        links = [c.link for c in connections if c.link < programme.n_links]
        lit_s = sum(step.duration_s for step in programme.steps if any(step.state[k] in GREENS for k in links))
        whole_s = sum(step.duration_s for step in programme.steps)
        return max(lit_s / whole_s, 0.02) if links and whole_s > 0 else 1.0

    def is_minor(self, connection: Connection) -> bool:
        """Tell whether who takes this connection never has green without giving way."""
        programme = self.programmes.get(connection.signal)
        if programme is None or connection.link >= programme.n_links:
            return False
        letters = {step.state[connection.link] for step in programme.steps}
        return "g" in letters and "G" not in letters


def greens_of(net: Net, additional: Additional | None, begin_s: float) -> Greens:
    """Return the programmes in force at a time. [s]"""
    found = {}
    for signal in net.signal_links:
        programme = _programme(net, signal, additional, begin_s)
        if programme is not None and programme.steps:
            found[signal] = programme
    return Greens(found)


def _programme(net: Net, signal: str, additional: Additional | None, begin_s: float) -> Programme | None:
    own = [programme for programme in net.programmes if programme.signal == signal]
    if additional is None:
        return own[-1] if own else None
    try:
        return in_force(signal, own, additional, begin_s, begin_s + 1.0)[0][1]
    except InvalidInputError:  # a signal that nobody programmed: it shows nothing
        return None
