"""How the baselines of an experiment were tuned: with what budget, on which seeds, and what it brought."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from bench.pairing import Row
from bench.reports.page import number, table
from bench.reports.study import Study
from bench.tuning.store import PLAN_KEY, TUNED, read_tuned, tuned_file
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.domain.profile import profile_by_name

_HEADS: Final = ("scenario", "controller", "tuning", "simulations", "seeds of the search", "delay before", "after")
_HASH_SIGN: Final = "@"


def tuning_table(study: Study) -> str:
    """Return a table of the controllers that can be tuned, one row per scenario; nothing if none was run."""
    rows = [_cells(scenario, controller, members) for (scenario, controller), members in _tunable(study)]
    if not rows:
        return ""
    return "<h3>Tuning of the baselines</h3>" + table(_HEADS, rows, words=3)


def _tunable(study: Study) -> Iterator[tuple[tuple[str, str], list[Row]]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in study.rows:
        if row["controller"] in TUNED:
            found.setdefault((str(row["scenario"]), str(row["controller"])), []).append(row)
    paths = {task["scenario"] for task in study.document["tasks"]}
    for (scenario, controller), members in found.items():
        path = next((each for each in paths if each == scenario or each.endswith(f"/{scenario}.sumocfg")), scenario)
        yield (path, controller), members


def _cells(scenario: str, controller: str, rows: Sequence[Row]) -> list[str]:
    name = escape(str(rows[0]["scenario"]))
    options = {str(key): str(value) for key, value in rows[0]["options"]}
    if not options:
        return [name, escape(controller), '<span class="flag">as it comes, not tuned</span>', *["–"] * 4]
    found = _document(scenario, controller, str(rows[0]["profile"]))
    if found is None or not _is_the_same(found, options):
        return [name, escape(controller), "by settings of its own", *["–"] * 4]
    search = [*found.get("training_seeds", ()), *found.get("selection_seeds", ())]
    shared = sorted({int(row["seed"]) for row in rows} & {int(seed) for seed in search})
    seeds = ", ".join(map(str, search))
    more = f' <span class="flag">(also in this experiment: {", ".join(map(str, shared))})</span>' if shared else ""
    return [
        *(name, escape(controller), "tuned by <code>bench tune</code>"),
        f"{found.get('simulations')} of {found.get('budget')} allowed",
        f"{escape(seeds)}{more}",
        *(number((found.get(each) or {}).get("delay_s")) for each in ("untuned", "best")),
    ]


def _document(scenario: str, controller: str, profile: str) -> Mapping[str, Any] | None:
    try:
        document = read_tuned(tuned_file(scenario, profile_by_name(profile)))
    except SignalCtrlError:
        return None
    found = (document or {}).get("controllers", {}).get(controller)
    return found if isinstance(found, dict) else None


def _is_the_same(found: Mapping[str, Any], options: Mapping[str, str]) -> bool:
    """Tell whether the settings of the runs are those that the document holds."""
    if PLAN_KEY in options:
        return str(found.get("plan_sha256", "")).startswith(options[PLAN_KEY].partition(_HASH_SIGN)[2] or "?")
    return all(options.get(str(key)) == str(value) for key, value in found.get("options") or ()) and bool(
        found.get("options")
    )
