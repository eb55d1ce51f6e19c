"""Programmes as the text of an additional file of SUMO."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from sumo_scenarios.programmes import Programme, Step


def programmes_text(programmes: Iterable[Programme], named: bool = False) -> str:
    """Return programmes as SUMO reads them. `named`: each row with the name that its programme's `rows` give it."""
    lines = [line for programme in programmes for line in _lines(programme, named)]
    return "\n".join(("<additional>", *lines, "</additional>")) + "\n"


def _lines(p: Programme, named: bool) -> Iterator[str]:
    yield (
        f"    <tlLogic id={quoteattr(p.signal)} type={quoteattr(p.kind)} programID={quoteattr(p.programme_id)} "
        f'offset="{p.offset_s:g}">'
    )
    for index, step in enumerate(p.steps):
        name = f" name={quoteattr(p.rows[index].number)}" if named else ""
        yield f'        <phase duration="{step.duration_s:g}" state="{step.state}"{_limits(step)}{name}/>'
    for key, value in p.parameters:
        yield f"        <param key={quoteattr(key)} value={quoteattr(value)}/>"
    yield "    </tlLogic>"


def _limits(step: Step) -> str:
    return f' minDur="{step.shortest_s:g}" maxDur="{step.longest_s:g}"' if step.is_actuated else ""
