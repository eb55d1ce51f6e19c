"""A question to a controller that is elsewhere, and its answer, as documents: exact to the last bit."""

import base64
import binascii
from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from optimiser.controller import Beside, Decision, Situation
from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.view import JunctionView

QUESTION: Final = "signal-ctrl question 1"
ANSWER: Final = "signal-ctrl decision 1"
_KINDS: Final = frozenset({"<i8", "<f8", "|b1"})
_MAX_SHAPE: Final = 2


def question_to_bytes(view: JunctionView, situation: Situation) -> bytes:
    """Return what a controller is asked, as a document."""
    beside = situation.beside
    document = {
        "format": QUESTION,
        "view": _view_document(view),
        "now_s": situation.now_s.hex(),
        "stage": situation.stage,
        "stages": list(situation.stages),
        "shown_s": situation.shown_s.hex(),
        "offered": None if situation.offered is None else list(situation.offered),
        "beside": None
        if beside is None
        else {
            "view": _view_document(beside.view),
            "stage": beside.stage,
            "stages": list(beside.stages),
            "at_s": beside.at_s.hex(),
        },
    }
    return canonical(document).encode()


def question_from_bytes(data: bytes) -> tuple[JunctionView, Situation]:
    """Return what is asked. Raises: InvalidInputError if the document is none."""
    try:
        document = read_document(data.decode("ascii"), "question", QUESTION)
        keys = ("format", "view", "now_s", "stage", "stages", "shown_s", "offered", "beside")
        exactly(document, keys)
        offered, beside = document["offered"], document["beside"]
        situation = Situation(
            float.fromhex(text_of(document["now_s"])),
            whole(document["stage"]),
            _wholes(document["stages"]),
            float.fromhex(text_of(document["shown_s"])),
            None if beside is None else _beside_of(beside),
            None if offered is None else _wholes(offered),
        )
        return _view_of(document["view"]), situation
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInputError(f"no question: {why(error)}") from error


def answer_to_bytes(decision: Decision) -> bytes:
    """Return a decision as a document."""
    document: dict[str, Any] = {
        "format": ANSWER,
        "stage": decision.stage,
        "candidates": [[stage, start_s.hex(), cost.hex()] for stage, start_s, cost in decision.candidates],
        "reason": decision.reason,
        "signal": decision.signal,
        "at_s": None if decision.at_s is None else decision.at_s.hex(),
    }
    if decision.plain is not None:
        document["plain"] = decision.plain
    return canonical(document).encode()


def answer_from_bytes(data: bytes) -> Decision:
    """Return the decision of a document. Raises: InvalidInputError if it is none."""
    try:
        document = read_document(data.decode("ascii"), "decision", ANSWER)
        keys = ("format", "stage", "candidates", "reason", "signal", "at_s")
        exactly(document, (*keys, *(("plain",) if "plain" in document else ())))
        at_s = document["at_s"]
        return Decision(
            stage=whole(document["stage"]),
            candidates=tuple(
                (whole(stage), float.fromhex(start_s), float.fromhex(cost))
                for stage, start_s, cost in items_of(document["candidates"])
            ),
            reason=str(document["reason"]),
            signal=str(document["signal"]),
            at_s=None if at_s is None else float.fromhex(at_s),
            plain=whole(document["plain"]) if "plain" in document else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInputError(f"no decision: {why(error)}") from error


def _wholes(items: Any) -> tuple[int, ...]:
    return tuple(whole(item) for item in items_of(items))


def _view_document(view: JunctionView) -> dict[str, Any]:
    return {field.name: _array_document(getattr(view, field.name)) for field in fields(JunctionView)}


def _view_of(item: dict[str, Any]) -> JunctionView:
    exactly(item, [field.name for field in fields(JunctionView)])
    return JunctionView(**{name: _array_of(value) for name, value in item.items()})


def _beside_of(item: dict[str, Any]) -> Beside:
    exactly(item, ("view", "stage", "stages", "at_s"))
    return Beside(
        _view_of(item["view"]), whole(item["stage"]), _wholes(item["stages"]), float.fromhex(text_of(item["at_s"]))
    )


def _array_document(array: NDArray[Any]) -> list[Any]:
    plain = np.ascontiguousarray(array)
    return [plain.dtype.str, list(array.shape), base64.b64encode(plain.tobytes()).decode("ascii")]


def _array_of(item: Any) -> NDArray[Any]:
    kind, shape, data = items_of(item)
    if kind not in _KINDS or len(items_of(shape)) > _MAX_SHAPE:
        raise ValueError(f"{kind!r:.20} is no kind of array")
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ValueError("an array is not in base 64") from None
    return np.frombuffer(raw, dtype=kind).reshape(_wholes(shape)).copy()
