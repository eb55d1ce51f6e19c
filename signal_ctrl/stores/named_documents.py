"""Which documents of the libraries something else still names: those stay, however old they are (SAFETY part D)."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from sqlalchemy import Connection

from signal_ctrl.centre.order_values import ASSIGNMENTS, CHANGES
from signal_ctrl.centre.plan_values import PLANS, SCHEDULE_USES, SCHEDULES, library_key
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.schedule_json import schedule_from_json
from signal_ctrl.stores.shelves import SqlShelf
from signal_ctrl.watch.responses.order_values import RESPONSE_ORDERS, RESPONSES
from signal_ctrl.watch.responses.response_file import response_from_text

Named = Callable[[Connection], frozenset[str]]
"""Returns the keys of the documents that something names."""

V = TypeVar("V")
_EVERY: Final = 1 << 31


def named_plans(connection: Connection) -> frozenset[str]:
    """Return the plans of cabinets, of changes, of schedules and of responses that are there."""
    return frozenset(
        (*_of_cabinets(connection), *_of_changes(connection), *_of_schedules(connection), *_of_responses(connection))
    )


def named_schedules(connection: Connection) -> frozenset[str]:
    """Return the schedules that somebody follows, or has followed as long as that is known."""
    return frozenset(library_key(use.schedule, use.number) for use in _all(connection, SCHEDULE_USES))


def named_responses(connection: Connection) -> frozenset[str]:
    """Return the responses that were ordered, as long as that is known."""
    return frozenset(library_key(order.response, order.number) for order in _all(connection, RESPONSE_ORDERS))


def _of_cabinets(connection: Connection) -> Iterator[str]:
    for assignment in _all(connection, ASSIGNMENTS):
        for use in (assignment.standing, assignment.coming):
            if use is not None:
                yield library_key(use.name, use.number)


def _of_changes(connection: Connection) -> Iterator[str]:
    for change in _all(connection, CHANGES):
        yield library_key(change.plan, change.number)


def _of_schedules(connection: Connection) -> Iterator[str]:
    keys = {(plan.name, plan.sha256): plan.key for plan in _all(connection, PLANS)}
    for item in _all(connection, SCHEDULES):
        for ref in schedule_from_json(item.document).plans:
            if (ref.name, ref.sha256) in keys:
                yield keys[ref.name, ref.sha256]


def _of_responses(connection: Connection) -> Iterator[str]:
    for item in _all(connection, RESPONSES):
        for part in response_from_text(item.document).plans:
            yield library_key(part.plan, part.number)  # number 0 is the last one, which stays anyway


def _all(connection: Connection, spec: ShelfSpec[V]) -> tuple[V, ...]:
    return SqlShelf(connection, spec).find(limit=_EVERY)
