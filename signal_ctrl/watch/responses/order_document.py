"""What is ordered of a response, resolved to cabinets and times: its hash is what is confirmed and approved."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from signal_ctrl.centre.override_document import document_json, document_of
from signal_ctrl.centre.override_values import OverrideDocument
from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.watch.responses.plan_values import MissionPart
from signal_ctrl.watch.responses.response_file import mission_document, mission_of_fields

FORMAT: Final = "signal-ctrl response order 1"
_KEYS: Final = (
    "format", "response", "number", "response_sha256", "case", "start_utc_ms", "end_utc_ms",
    "overrides", "plans", "signs", "missions", "checklist",
)  # fmt: skip
_PLAN_KEYS: Final = ("name", "plan", "number", "sha256", "cabinets", "not_before_utc_ms", "valid_until_utc_ms")
_SIGN_KEYS: Final = ("name", "sign", "kind", "zh", "en", "from_utc_ms", "until_utc_ms")


@dataclass(frozen=True, slots=True)
class OrderedPlan:
    """A plan of the library for some cabinets, from when until when. [ms]"""

    name: str
    plan: str
    number: int
    sha256: str
    cabinets: tuple[str, ...]
    not_before_utc_ms: int
    valid_until_utc_ms: int


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """One response as it is ordered. [ms] Overrides, signs and missions each with the name of their part."""

    response: str
    number: int
    response_sha256: str
    case: str
    start_utc_ms: int
    end_utc_ms: int
    overrides: tuple[tuple[str, OverrideDocument], ...] = ()
    plans: tuple[OrderedPlan, ...] = ()
    signs: tuple[tuple[str, SignText], ...] = ()
    missions: tuple[MissionPart, ...] = ()
    checklist: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.start_utc_ms < self.end_utc_ms:
            raise InvalidInputError("a response ends after it begins")
        if not 1 <= len(self.case) <= 64:
            raise InvalidInputError("a response needs a case number of 1 to 64 characters")

    @property
    def cabinets(self) -> tuple[str, ...]:
        """All cabinets that it reaches, each once, by name."""
        legs = {leg.cabinet for _, document in self.overrides for leg in document.legs}
        return tuple(sorted(legs.union(*(plan.cabinets for plan in self.plans))))


def order_json(order: OrderDocument) -> dict[str, Any]:
    """Return a document as a JSON object."""
    return {
        "format": FORMAT,
        "response": order.response,
        "number": order.number,
        "response_sha256": order.response_sha256,
        "case": order.case,
        "start_utc_ms": order.start_utc_ms,
        "end_utc_ms": order.end_utc_ms,
        "overrides": [{"name": name, "document": document_json(one)} for name, one in order.overrides],
        "plans": [{key: _listed(getattr(plan, key)) for key in _PLAN_KEYS} for plan in order.plans],
        "signs": [_sign_json(name, text) for name, text in order.signs],
        "missions": [mission_document(part) for part in order.missions],
        "checklist": list(order.checklist),
    }


def order_text(order: OrderDocument) -> str:
    """Return the canonical document."""
    return canonical(order_json(order))


def order_hash(order: OrderDocument) -> str:
    """Return the SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(order_text(order).encode()).hexdigest()


@lru_cache(maxsize=64)
def order_of_text(text: str) -> OrderDocument:
    """Return the document of its text. Raises: InvalidInputError."""
    return order_of(read_document(text, "response order", FORMAT))


def order_of(item: dict[str, Any]) -> OrderDocument:
    """Return the document of a JSON object. Raises: InvalidInputError."""
    try:
        exactly(item, _KEYS)
        if item["format"] != FORMAT:
            raise ValueError(f"'format' is not '{FORMAT}'")
        return OrderDocument(
            response=text_of(item["response"]),
            number=whole(item["number"]),
            response_sha256=text_of(item["response_sha256"]),
            case=text_of(item["case"]),
            start_utc_ms=whole(item["start_utc_ms"]),
            end_utc_ms=whole(item["end_utc_ms"]),
            overrides=tuple(
                (text_of(one["name"]), document_of(one["document"])) for one in items_of(item["overrides"])
            ),
            plans=tuple(_plan(one) for one in items_of(item["plans"])),
            signs=tuple(_sign(one) for one in items_of(item["signs"])),
            missions=tuple(_mission(one) for one in items_of(item["missions"])),
            checklist=tuple(text_of(one) for one in items_of(item["checklist"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a response order: {why(error)}") from error


def _plan(item: dict[str, Any]) -> OrderedPlan:
    exactly(item, _PLAN_KEYS)
    return OrderedPlan(
        name=text_of(item["name"]),
        plan=text_of(item["plan"]),
        number=whole(item["number"]),
        sha256=text_of(item["sha256"]),
        cabinets=tuple(text_of(name) for name in items_of(item["cabinets"])),
        not_before_utc_ms=whole(item["not_before_utc_ms"]),
        valid_until_utc_ms=whole(item["valid_until_utc_ms"]),
    )


def _sign_json(name: str, text: SignText) -> dict[str, Any]:
    return {
        "name": name,
        "sign": text.sign_id,
        "kind": text.kind.value,
        "zh": text.zh,
        "en": text.en,
        "from_utc_ms": text.from_utc_ms,
        "until_utc_ms": text.until_utc_ms,
    }


def _sign(item: dict[str, Any]) -> tuple[str, SignText]:
    exactly(item, _SIGN_KEYS)
    name = text_of(item["name"])
    kind = MessageKind(whole(item["kind"]))
    times = whole(item["from_utc_ms"]), whole(item["until_utc_ms"])
    return name, SignText(text_of(item["sign"]), kind, text_of(item["zh"]), text_of(item["en"]), *times, name)


def _mission(item: Any) -> MissionPart:
    fields = Fields(item, "mission")
    part = mission_of_fields(fields)
    fields.done()
    return part


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
