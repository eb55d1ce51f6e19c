"""Green routes that are stored: those in the emergency plans of the library, to be chosen for a route of today."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.plan_values import LibraryItem
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.watch.responses.response_file import response_from_text

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class StoredStop:
    """A junction of a stored route: its stage, and when the convoy is there after the begin. [s]"""

    cabinet: str
    stage: str
    after_s: int


@dataclass(frozen=True, slots=True)
class StoredRoute:
    """A route of an emergency plan: its name, the plan's, and how long the convoy takes to pass. [s]"""

    route: str
    response: str
    number: int
    title: str
    convoy_s: int
    stops: tuple[StoredStop, ...]


def stored_routes(items: tuple[LibraryItem, ...]) -> list[StoredRoute]:
    """Return the routes of emergency plans, in their order; one that this version cannot read any more has none."""
    found: list[StoredRoute] = []
    for item in items:
        try:
            response = response_from_text(item.document)
        except InvalidInputError:
            continue
        for part in response.overrides:
            if part.kind is OverrideKind.GREEN_ROUTE:
                stops = tuple(StoredStop(stop.cabinet, stop.stage, stop.arrival_s) for stop in part.route)
                found.append(
                    StoredRoute(
                        f"{item.name}/{part.name}", item.name, item.number, response.title, part.convoy_s, stops
                    )
                )
    return found[:MOST]
