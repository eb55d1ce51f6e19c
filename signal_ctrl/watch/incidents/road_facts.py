"""What the incidents ask of the roads."""

from collections.abc import Callable
from dataclasses import dataclass

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.roads import Road, RoadNetwork


def _unknown(_: str) -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class RoadFacts:
    """The network in force, and demand over capacity of a road just now, None where it is not known."""

    network: Callable[[], RoadNetwork | None]
    use: Callable[[str], float | None] = _unknown

    def road(self, road: str) -> Road:
        """Return a road. Raises: InvalidInputError without a network; NotFoundError."""
        network = self.network()
        if network is None:
            raise InvalidInputError("no road network is in force; import one first")
        if road not in network.index:
            raise NotFoundError(f"the road network has no road '{road}'")
        return network.of(road)

    def near(self, road: str) -> frozenset[str]:
        """Return a road and those next to it: what blocks a road shows on the roads before and behind it."""
        network = self.network()
        if network is None or road not in network.index:
            return frozenset({road})
        before = {turn.from_road for turn in network.leading[road]}
        behind = {turn.to_road for turn in network.following[road]}
        return frozenset({road, *before, *behind})


def checked_place(road: Road, lanes: tuple[int, ...], position_m: float | None) -> None:
    """Check a place on a road. Raises: InvalidInputError that names what the road has."""
    if any(not 0 <= lane < road.lanes for lane in lanes):
        raise InvalidInputError(f"road {road.road} has the lanes 0 to {road.lanes - 1}")
    if position_m is not None and not 0 <= position_m <= road.length_m + 1:
        raise InvalidInputError(f"road {road.road} is {road.length_m:.0f} m long; the place lies outside")
