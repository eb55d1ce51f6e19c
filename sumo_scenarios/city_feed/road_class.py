"""What a road of a SUMO network is for, by the type that its map gives it, or else by speed and lanes."""

from typing import Final

from signal_ctrl.domain.roads import RoadClass

_BY_TYPE: Final = {
    "motorway": RoadClass.EXPRESSWAY,
    "trunk": RoadClass.EXPRESSWAY,
    "primary": RoadClass.ARTERIAL,
    "secondary": RoadClass.SECONDARY,
    "tertiary": RoadClass.SECONDARY,
    "unclassified": RoadClass.BRANCH,
    "residential": RoadClass.BRANCH,
    "living_street": RoadClass.BRANCH,
    "service": RoadClass.BRANCH,
}
"""OpenStreetMap's classes, as netconvert takes them over: `highway.primary`, `highway.primary_link`."""
_EXPRESS_MPS: Final = 80 / 3.6
_MAIN_MPS: Final = 45 / 3.6


def class_of(kind: str, speed_mps: float, lanes: int) -> RoadClass:
    """Return the class of a road.

    Args: kind, SUMO's type of the edge, may be empty; speed_mps, the speed allowed [m/s].
    >>> class_of("highway.primary_link", 13.9, 1), class_of("", 13.9, 2)
    (<RoadClass.ARTERIAL: 'arterial'>, <RoadClass.ARTERIAL: 'arterial'>)
    """
    word = kind.rpartition(".")[2].removesuffix("_link")
    if word in _BY_TYPE:
        return _BY_TYPE[word]
    if speed_mps >= _EXPRESS_MPS and lanes >= 2:
        return RoadClass.EXPRESSWAY
    if speed_mps >= _MAIN_MPS:
        return RoadClass.ARTERIAL if lanes >= 2 else RoadClass.SECONDARY
    return RoadClass.BRANCH
