"""One decision as people read it; stages are counted from 1, as in the reasons of the log."""

import textwrap
from collections.abc import Sequence
from typing import Any, Final

import typer

from signal_ctrl.cli.output import number, put_table
from signal_ctrl.cli.progress import clock

Document = dict[str, Any]
_WIDEST: Final = 60
_LITTLE_VEH: Final = 50.0
_LONG_S: Final = 30.0
_OFTEN: Final = 0.2
_SLOW_S: Final = 4.0
_GLUE: Final = "\N{NO-BREAK SPACE}"


def put_explanation(found: Document) -> None:
    """Print what a decision was made on, what was weighed, chosen and answered, and what came of it."""
    _put_head(found)
    _put_lit(found["lit"])
    _put_lanes(found)
    _put_weights(found)
    _put_candidates(found)
    _put_priority(found)
    _put_answer(found)
    _put_afterwards(found["afterwards"])


def _put_head(found: Document) -> None:
    typer.echo(f"junction {found['junction']} at {found['at_s']:g} s ({clock(found['at_s'])})")
    inputs, before = found["inputs"], found["decisions_before"]
    fits = "the recorded one" if inputs["same"] else f"not the recorded one, {inputs['recorded']}"
    typer.echo(f"inputs rebuilt by repeating the run: hash {inputs['rebuilt']} is {fits}")
    typer.echo(
        f"of its {number(before['asked_again'], 0)} decisions before, {number(before['same'], 0)} came out again"
    )
    rung = found["rung"]
    if rung["why"]:
        typer.echo(f"decided by {rung['name']} ({rung['why']}); weighed below is what adaptive would have done")


def _put_lit(lit: Document) -> None:
    typer.echo(f"\nlit: stage {lit['stage'] + 1}, complete for {lit['complete_s']:g} s")
    rows = []
    for stage in lit["stages"]:
        gives_way = [f"{name} (gives way)" for name in stage["green_gives_way"]]
        mark = "lit" if stage["stage"] == lit["stage"] else "" if stage["may_be_chosen"] else "not in this programme"
        rows.append((str(stage["stage"] + 1), mark, ", ".join([*stage["green"], *gives_way])))
    put_table(("stage", "", "green"), rows, numbers_from=3)
    calls = [
        f"{call['group']} for {call['waits_s']:g} s (at most {call['max_red_s']:g})"
        if call["waits_s"]
        else f"{call['group']} from now on"
        for call in lit["calls"]
    ]
    typer.echo(f"waiting for green: {', '.join(calls) or 'nobody'}")


def _put_lanes(found: Document) -> None:
    typer.echo("\nseen on the lanes:")
    rows = [
        (lane["lane"], ", ".join(lane["groups"]), number(lane["queue_veh"]), _expected(lane), _beliefs(lane))
        for lane in found["lanes"]
    ]
    put_table(("lane", "groups", "queue [veh]", "at the stop line in [s] (probability)", "beliefs"), rows, 5)
    for lane in found["lanes"]:
        _put_delays(lane)
    for loop in found["doubted_loops"]:
        why = f": {loop['why']}" if loop["why"] else ""
        where = f"{', '.join(loop['lanes'])}, {loop['to_stop_m']:g} m before the stop line"
        typer.echo(f"  loop {loop['channel']} ({where}) {loop['state']}{why}")
    little = [each for each in found["exits"] if each["room_veh"] is not None and each["room_veh"] < _LITTLE_VEH]
    shown = ", ".join(f"{each['lane']} {number(each['room_veh'])} veh" for each in little)
    typer.echo(f"room behind the junction: {shown or 'no exit is full'}")


def _expected(lane: Document) -> str:
    words = [
        f"{each['in_s']:g}" if each["presence"] >= 1 else f"{each['in_s']:g} ({each['presence']:g})"
        for each in lane["vehicles"]
    ]
    return _short(words) or "-"


def _short(words: Sequence[str]) -> str:
    text = ", ".join(words)
    if len(text) <= _WIDEST:
        return text
    kept = text[:_WIDEST].rpartition(", ")[0]
    return f"{kept} and {len(words) - kept.count(', ') - 1} more"


def _beliefs(lane: Document) -> str:
    refused = [f"{each['group']}" for each in lane["movements"] if each["refused_by_first"]]
    words = ["first vehicle stuck"] if lane["first_is_stuck"] else []
    words += [f"first vehicle does not want {', '.join(refused)}"] if refused else []
    words += ["no loop"] if not lane["loops"] else []
    return "; ".join(words)


def _put_delays(lane: Document) -> None:
    """Say who stands beyond the stop line, and what makes a lane count more than others, and its turns take longer."""
    late_s = max((each["late_s"] or 0.0 for each in lane["vehicles"]), default=0.0)
    yielding_s = lane["yielding_headway_s"] or 0.0
    words = [f"somebody waits inside for {each['group']}" for each in lane["movements"] if each["waits_inside"]]
    words += [f"kept for up to {late_s:.0f} s"] if late_s >= _LONG_S else []
    words += [f"full out of sight {lane['crowded']:.0%} of the time"] if (lane["crowded"] or 0.0) >= _OFTEN else []
    words += [f"yields: {yielding_s:.1f} s a vehicle"] if yielding_s >= _SLOW_S else []
    if words:
        typer.echo(f"  {lane['lane']}: {', '.join(words)}")


def _put_weights(found: Document) -> None:
    """Say who counts as more or less than one car: people on foot, buses, and those who lost green to a bus."""
    for lane in found["weights"]:
        typer.echo(f"weighed as cars on {lane['lane']}: {_short([number(cars, 1) for cars in lane['cars']]) or '-'}")
    for bus in found["buses"]:
        times = ", ".join(f"{time_s:g}" for time_s in bus["times_s"])
        lanes = ", ".join(f"{each['lane']} ({each['share']:.0%})" for each in bus["lanes"])
        typer.echo(f"bus {bus['vehicle']} counts as {bus['cars']:g} cars, in {times} s on {lanes}")
    for group, owed_s in found["owed_s"].items():
        typer.echo(f"{group} is owed {owed_s:g} s of green that a bus had")


def _put_priority(found: Document) -> None:
    priority = found["priority"]
    if priority is None or priority["without_buses"] is None:
        return
    without, wanted = priority["without_buses"] + 1, priority["with_buses"] + 1
    same = without == wanted
    typer.echo(f"\nwithout buses: stage {without}; with them: {'the same' if same else f'stage {wanted}'}")
    if priority["withheld"]:
        typer.echo(f"not given: {priority['withheld']}")


def _put_candidates(found: Document) -> None:
    typer.echo("\nweighed, cost in veh s of waiting up to the horizon, by when the change begins (* cheapest):")
    if not found["candidates"]:
        typer.echo(f"nothing: {found['reason']}")
        return
    best = found["candidates"][0]
    of_stage: dict[int, list[Document]] = {}
    for each in found["candidates"]:
        of_stage.setdefault(each["stage"], []).append(each)
    for stage, members in sorted(of_stage.items()):
        keeps = stage == found["lit"]["stage"]
        words = [
            f"{'keep:' if keeps else _after(each)}{_GLUE}{number(each['cost_veh_s'])}{f'{_GLUE}*' * (each is best)}"
            for each in sorted(members, key=lambda each: float(each["after_s"]))
        ]
        lines = textwrap.fill(
            ", ".join(words), 110, initial_indent=f"  stage {stage + 1}  ", subsequent_indent=" " * 11
        )
        typer.echo(lines.replace(_GLUE, " "))


def _after(candidate: Document) -> str:
    return f"{candidate['after_s']:g}{_GLUE}s:" if candidate["after_s"] else "now:"


def _put_answer(found: Document) -> None:
    typer.echo(f"\nchosen: {found['words']}")
    typer.echo(f"in the log: {found['reason']}")
    wish = found["wish"]
    if wish is None:
        typer.echo("kernel: not asked, the stage is the one that is lit")
    elif wish["refused"]:
        typer.echo(f"kernel: refused stage {wish['stage'] + 1} by {wish['refused']}")
    else:
        typer.echo(f"kernel: took up stage {wish['stage'] + 1}")


def _put_afterwards(after: Document) -> None:
    if "why_not" in after:
        typer.echo(f"afterwards: nothing to compare with in the next {after['ahead_s']} s: {after['why_not']}")
        return
    change = after["change"]
    lamps = f"stage {change['stage'] + 1} after {change['after_s']} s" if change else "the stage stayed"
    expected, happened = number(after["expected_veh_s"]), number(after["happened_veh_s"])
    typer.echo(f"afterwards: in the next {after['ahead_s']} s ({lamps})")
    typer.echo(f"  {expected} veh s of waiting were expected, with the lamps as they came")
    typer.echo(
        f"  {happened} happened, and {number(after['newcomers_veh_s'])} of vehicles that came within reach later"
    )
