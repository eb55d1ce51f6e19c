"""`report.html` of an experiment: the verdict first, then every scenario, then what was asked."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from bench.reports.page import definitions, page, section, write_page
from bench.reports.scenario import scenario_section
from bench.reports.study import Study
from bench.reports.tables import TableFolder
from bench.reports.tuning import tuning_table
from bench.reports.verdict import verdict_section

REPORT: Final = "report.html"


def write_report(study: Study, tables: TableFolder, notices: tuple[str, ...] = ()) -> Path:
    """Write `report.html` beside the tables it is drawn from, and return its path.

    Args: notices, what could not be drawn, said on the page.
    Raises: InvalidInputError if a table is damaged; BackendError if it cannot be written.
    """
    names = [shown.scenario for shown in study.sections]
    title = f"{study.document.get('name', 'experiment')}: {_counted(len(names), 'network')}, {len(study.rows)} runs"
    body = [
        _header(study, title),
        verdict_section(tables.overall("verdict"), study.invalid, study.labels),
        _seeds(study),
        _notices(notices),
        *(scenario_section(k, shown, tables, study.labels) for k, shown in enumerate(study.sections)),
        _settings(study),
    ]
    contents = {"verdict": "Verdict", "seeds": "Seeds", **{f"n{k}": name for k, name in enumerate(names)}}
    return write_page(study.folder / REPORT, page(title, body, {**contents, "settings": "Settings"}))


def _header(study: Study, title: str) -> str:
    rows = study.rows
    profile = ", ".join(sorted({str(row["profile"]) for row in rows}))
    words = (
        f"{_counted(len({row['controller'] for row in rows}), 'controller')}, "
        f"{_counted(len({row['seed'] for row in rows}), 'seed')}; safety profile {profile}; every controller on the "
        "same demand and seeds, scored from SUMO's own files."
    )
    return f'<header><h1>{escape(title)}</h1><p class="soft">{escape(words)}</p></header>'


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _seeds(study: Study) -> str:
    """Return what the seeds of this experiment changed, and so what its intervals are about."""
    seeds = sorted({int(row["seed"]) for row in study.rows})
    demands = sorted({int(row["demand_seed"]) for row in study.rows})
    drivers = (
        f"<b>Seeds {_listed(seeds)}</b> change the drivers only: how they follow, speed and dawdle. Which vehicles "
        "depart, when and where to, stays the same."
    )
    if len(demands) > 1:
        demand = (
            f"<b>Demand seeds {_listed(demands)}</b> resample departures and routes within the counts (0 is the demand "
            "as counted). Runs on one demand are alike, so each demand counts once, by the mean over its drivers: the "
            "intervals are about other days of such demand."
        )
    else:
        kept = "as it stands in its file" if demands == [0] else f"as drawn by demand seed {demands[0]}"
        demand = (
            f"The <b>demand</b> is the same in all runs, {kept}. The intervals say how sure the difference is on this "
            "demand with other drivers; they say nothing about other days. Use <code>--demand-seeds</code> for that."
        )
    return section("seeds", "What the seeds changed", f"<p>{drivers}</p><p>{demand}</p>")


def _listed(values: list[int]) -> str:
    whole = len(values) > 2 and values == list(range(values[0], values[-1] + 1))
    return f"{values[0]}–{values[-1]}" if whole else ", ".join(map(str, values))


def _notices(notices: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(each)}</li>" for each in notices)
    return (
        f'<div class="warn"><b>Not everything could be drawn.</b><ul class="plain">{items}</ul></div>' if items else ""
    )


def _settings(study: Study) -> str:
    document = study.document
    options = dict.fromkeys(
        f"{row['controller']}: {', '.join(f'{key}={_short(value)}' for key, value in row['options'])}"
        for row in study.rows
        if row["options"]
    )
    asked: Mapping[str, Any] = document.get("settings") or {}
    items = {
        "Asked": "; ".join(f"{key} {_words(value)}" for key, value in asked.items() if value not in ([], {}, None)),
        "Simulated": _spans(study),
        "Settings of the controllers": "; ".join(options) or "as they come",
        "Commit": str(document.get("commit") or "not run from a checkout"),
        "Code of the engine": str(document.get("engine", "")),
        "Versions": ", ".join(f"{name} {version}" for name, version in (document.get("versions") or {}).items()),
        "Data beside this page": "summary.json, one table per drawing in tables/, each run in runs/, its measures in "
        "evidence/",
    }
    return section("settings", "Settings", definitions(items), tuning_table(study))


def _spans(study: Study) -> str:
    found = dict.fromkeys(
        f"{row['scenario']} {row['begin_s']:g}–{row['end_s']:g} s"
        for row in study.rows
        if row["status"] == "complete" and row["begin_s"] is not None
    )
    return ", ".join(found)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _short(value: Any, most: int = 60) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[:most]}…"
