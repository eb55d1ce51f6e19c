"""The aspect table as a diagram, so that the documentation cannot say anything else than the code."""

from typing import Final

from signal_ctrl.domain.site import GroupKind
from signal_ctrl.kernel.aspects import NEXT, Aspect, Event

_TRIPS: Final = frozenset({Event.FAULT, Event.FAULT_DARK})


def aspect_diagram(kind: GroupKind) -> str:
    """Return the steps of one kind of group as Mermaid text; fault trips only from aspects in use."""
    return "\n".join(["stateDiagram-v2", *(f"    {a.name} --> {b.name}: {text}" for a, b, text in _edges(kind))])


def _edges(kind: GroupKind) -> list[tuple[Aspect, Aspect, str]]:
    used = {aspect for of, aspect, event in NEXT if of is kind and event not in _TRIPS}
    edges: dict[tuple[Aspect, Aspect], list[str]] = {}
    for (of, aspect, event), after in NEXT.items():
        if of is kind and aspect in used:
            edges.setdefault((aspect, after), []).append(event.name)
    return [(before, after, ", ".join(events)) for (before, after), events in edges.items()]
