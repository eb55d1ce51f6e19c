"""Everything that a response does, within one transaction: all parts or none; and all of it taken back again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from signal_ctrl.centre.cabinets import cabinets_of_names
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.override_document import document_hash
from signal_ctrl.centre.override_values import Override, OverrideDocument, OverrideState
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.centre.pricing import estimate
from signal_ctrl.domain.errors import AccessError, ConflictError, InvalidInputError, RefusedError
from signal_ctrl.watch.dispatch.mission_desk import MissionDesk, MissionWish
from signal_ctrl.watch.dispatch.missions import Mission
from signal_ctrl.watch.responses.order_document import OrderDocument
from signal_ctrl.watch.responses.order_values import Before, PartKind, PartOutcome, PartState, ResponseOrder
from signal_ctrl.watch.responses.plan_acts import put_in_force, take_back
from signal_ctrl.watch.responses.plan_values import MissionPart

TWO_PERSONS: Final = ("part of a response, which two persons order",)
_REFUSALS: Final = (RefusedError, AccessError, InvalidInputError, ConflictError)


class PartsFailedError(RefusedError):
    """Some parts of a response did not come about; nothing of it was kept."""

    def __init__(self, rule: str, reason: str, failed: Mapping[str, str] = MappingProxyType({})) -> None:
        """Args: failed, why, by part."""
        super().__init__(rule, reason)
        self.failed = failed

    @classmethod
    def of(cls, failed: Mapping[str, str]) -> "PartsFailedError":
        """Return the error that names each part and why."""
        return cls("R/parts", "; ".join(f"{name}: {why}" for name, why in failed.items()), failed)


@dataclass(slots=True)
class Acted:
    """What an act has done; taken up after its commit."""

    overrides: list[Override] = field(default_factory=list)
    made: list[Delivery] = field(default_factory=list)
    before: list[Before] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Note why a part does not come about, and go on with the next: every reason is to be told."""
        try:
            yield
        except _REFUSALS as error:
            self.failed[name] = str(error)


class ResponseActs:
    """Begins and ends responses."""

    def __init__(self, centre: Centre, missions: MissionDesk) -> None:
        self._centre = centre
        self._desk = centre.desk
        self._missions = missions

    def planned(self, document: OrderDocument, order_id: str, who: str) -> tuple[Mission, ...]:
        """Return the missions of a response, to be opened when it begins. Raises: NotFoundError; InvalidInputError."""
        return tuple(self._missions.planned(_mission_wish(part, order_id), who) for part in document.missions)

    def begin(
        self, t: Transaction, order: ResponseOrder, document: OrderDocument, missions: tuple[Mission, ...]
    ) -> tuple[ResponseOrder, Acted]:
        """Bring all parts into force. Raises: PartsFailedError with every reason; then nothing of it is kept."""
        now_ms, acted = self._desk.now_ms(), Acted()
        for plan in document.plans:
            with acted.part(plan.name):
                acted.before += put_in_force(t, plan, order.approver, now_ms)
        held = tuple(each.cabinet for each in acted.before)
        acted.made += self._centre.orders.make_all(t, cabinets_of_names(t, held), f"response {order.order_id}", now_ms)
        for name, one in document.overrides:
            with acted.part(name):
                override, made = self._centre.overrides.issue_within(t, self._override(t, order, one))
                acted.overrides.append(override)
                acted.made += made
                acted.refs[name] = override.override_id
        if now_ms >= document.start_utc_ms:
            self._open(t, document, missions, acted)
        if acted.failed:
            raise PartsFailedError.of(acted.failed)
        parts = tuple(_begun(part, acted.refs) for part in order.parts)
        return replace(order, parts=parts, before=tuple(acted.before)), acted

    def open_missions(
        self,
        t: Transaction,
        order: ResponseOrder,
        document: OrderDocument,
        missions: tuple[Mission, ...],
        gone: str = "",
    ) -> ResponseOrder:
        """Open the missions of a response that begins now. Args: gone, why none of them can be planned any more."""
        acted = Acted(failed={part.name: gone for part in document.missions} if gone else {})
        if not gone:
            self._open(t, document, missions, acted)
        return replace(order, parts=tuple(_opened(part, acted) for part in order.parts))

    def undo(self, t: Transaction, order: ResponseOrder, who: str, late: bool) -> Acted:
        """End all parts: overrides, plans, and those missions that nobody was sent to; signs go dark by themselves."""
        now_ms, why = self._desk.now_ms(), f"response {order.order_id} is over"
        ids = [part.ref for part in order.parts if part.kind is PartKind.OVERRIDE and part.ref]
        ended, made = self._centre.overrides.end_within(t, ids, who, late)
        made = made + take_back(t, self._centre.orders, order.before, who, why, now_ms)
        missions = [part.ref for part in order.parts if part.kind is PartKind.MISSION and part.ref]
        self._missions.call_off_within(t, missions, who, why)
        return Acted(list(ended), made)

    def take_up(self, acted: Acted) -> None:
        """Take up what has become durable."""
        self._centre.overrides.take_up(acted.overrides, acted.made)

    def end_without_store(self, order: ResponseOrder, who: str) -> None:
        """End the overrides of a response although nothing can be written."""
        for part in order.parts:
            if part.kind is PartKind.OVERRIDE and part.ref:
                self._centre.overrides.end_without_store(part.ref, who)

    def _override(self, t: Transaction, order: ResponseOrder, document: OverrideDocument) -> Override:
        cabinets = cabinets_of_names(t, [leg.cabinet for leg in document.legs])
        return Override(
            override_id=self._desk.new_id("ov"),
            document=document,
            sha256=document_hash(document),
            districts=tuple(sorted({cabinet.district for cabinet in cabinets})),
            second=TWO_PERSONS,
            nonce=order.nonce,
            issuer=order.issuer,
            issued_utc_ms=order.issued_utc_ms,
            state=OverrideState.SCHEDULED,
            approver=order.approver,
            approved_utc_ms=order.approved_utc_ms,
            estimate=estimate(t, document, self._desk.now_ms()),
        )

    def _open(self, t: Transaction, document: OrderDocument, missions: tuple[Mission, ...], acted: Acted) -> None:
        for part, mission in zip(document.missions, missions, strict=True):
            with acted.part(part.name):
                acted.refs[part.name] = self._missions.open_within(t, mission).mission_id


def _mission_wish(part: MissionPart, order_id: str) -> MissionWish:
    return MissionWish(part.need, part.place, part.text, part.priority, part.road, response=order_id)


def _begun(part: PartOutcome, refs: dict[str, str]) -> PartOutcome:
    waits = part.kind is PartKind.MISSION and part.name not in refs
    return replace(part, state=PartState.WAITING if waits else PartState.DONE, ref=refs.get(part.name, part.ref))


def _opened(part: PartOutcome, acted: Acted) -> PartOutcome:
    if part.name in acted.failed:
        return replace(part, state=PartState.FAILED, text=acted.failed[part.name])
    return replace(part, state=PartState.DONE, ref=acted.refs[part.name]) if part.name in acted.refs else part
