"""What `signal-ctrl bench` prints of an experiment: presets, runs, verdict."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from signal_ctrl.cli.output import number, put_json, put_table

Row = dict[str, Any]


def put_presets(as_json: bool) -> None:
    """Print the ready experiments."""
    from bench.matrix import matrix_of
    from bench.presets import PRESETS

    counts = {name: len(list(matrix_of({"preset": name}).tasks())) for name in PRESETS}
    if as_json:
        presets = {name: {"purpose": preset.purpose, "runs": counts[name]} for name, preset in PRESETS.items()}
        put_json({"presets": presets})
        return
    rows = [(name, number(counts[name], 0), preset.purpose) for name, preset in PRESETS.items()]
    width = max(len(name) for name, _, _ in rows)
    for name, count, purpose in rows:
        typer.echo(f"{name:{width}} {count:>6} runs  {purpose}")


def put_list(rows: Sequence[Row], as_json: bool) -> None:
    """Print how each run of an experiment stands."""
    if as_json:
        put_json({"runs": list(rows)})
        return
    cells = [
        (
            *(row["run_dir"].removeprefix("runs/"), row["status"], number(row["delay_s_per_vehicle"])),
            "yes" if row["valid"] else f"no: {row['invalid'][0]}",
        )
        for row in rows
    ]
    put_table(("run", "status", "delay [s/veh]", "valid"), cells, numbers_from=4)


def put_verdict(rows: Sequence[Row], folder: Path, code: int, as_json: bool) -> None:
    """Print the mean, the worst seed and the invalid runs of every controller, and where the files are."""
    groups, speeds = list(verdicts(rows)), _arteries(rows, folder)
    if as_json:
        document = {"folder": str(folder), "exit_code": code, "verdict": groups, "artery": speeds}
        put_json({**document, "summary": str(folder / "summary.json")})
        return
    cells = [
        (
            *(group["scenario"], _variant(group)),
            *(number(group["delay_s_per_vehicle"]), _worst(group)),
            *(f"{group['valid']} of {group['runs']}", str(group["invalid"])),
        )
        for group in groups
    ]
    header = ("scenario", "controller", "delay [s/veh]", "worst (seed)", "valid runs", "invalid")
    put_table(header, cells, numbers_from=2)
    _put_arteries(speeds)
    typer.echo(f"runs, evidence and summary.json: {folder}")


def _arteries(rows: Sequence[Row], folder: Path) -> list[Row]:
    """Return the speed on the arterial by controller, direction and hour; nothing of runs without an arterial."""
    from bench.artery import artery_rows, hours_of

    found = []
    for members in _groups(rows):
        valid = [row for row in members if row["valid"]]
        variant = {"scenario": members[0]["scenario"], "controller": _variant(members[0])}
        found += [asdict(row) | variant for row in artery_rows("", hours_of(folder, valid))]
    return [{key: None if _is_nan(value) else value for key, value in row.items()} for row in found]


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _put_arteries(speeds: Sequence[Row]) -> None:
    """Print the hours of the arterial that can be held against the target."""
    from bench.artery import NOT_JUDGED
    from bench.charts import short_name
    from bench.svg import clock

    cells = [
        (
            *(
                row["scenario"],
                row["controller"],
                short_name(row["towards"], 20),
                f"{clock(row['from_s'])}-{clock(row['to_s'])}",
            ),
            *(number(row["speed_kmh"]), number(row["through_speed_kmh"])),
            f"over {row['target_kmh']:g}: {row['target']}",
        )
        for row in speeds
        if row["target"] != NOT_JUDGED
    ]
    if cells:
        header = ("arterial", "controller", "towards", "hour", "all [km/h]", "end to end", "target")
        put_table(header, cells, numbers_from=4)


_KEYS = ("scenario", "controller", "sensing", "profile", "scale", "failure_rate", "closures", "options")
"""What tells one group of runs from another."""


def _groups(rows: Iterable[Row]) -> Iterable[list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str([row[key] for key in _KEYS]), []).append(row)
    return groups.values()


def verdicts(rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
    """Yield the figures of every group of runs that differ in their seeds alone; invalid runs are only counted."""
    for members in _groups(rows):
        valid = [row for row in members if row["valid"]]
        delays_s = [row["delay_s_per_vehicle"] for row in valid]
        worst = max(valid, key=lambda row: row["delay_s_per_vehicle"], default=None)
        yield {
            **{key: members[0][key] for key in _KEYS},
            "runs": len(members),
            "valid": len(valid),
            "invalid": len(members) - len(valid),
            "delay_s_per_vehicle": sum(delays_s) / len(delays_s) if delays_s else None,
            "worst_delay_s_per_vehicle": worst["delay_s_per_vehicle"] if worst else None,
            "worst_seed": worst["seed"] if worst else None,
            "worst_demand_seed": worst["demand_seed"] if worst else None,
        }


def _variant(group: Row) -> str:
    """Return the controller with everything that is not as usual."""
    more = [group["sensing"]] if group["sensing"] != "loops" else []
    more += [f"×{group['scale']:g}"] if group["scale"] != 1 else []
    more += [f"{group['failure_rate'] * 100:g} % failed"] if group["failure_rate"] else []
    more += [group["profile"]] if group["profile"] != "published" else []
    more += [f"closed {', '.join(group['closures'])}"] if group["closures"] else []
    return f"{group['controller']} ({', '.join(more)})" if more else str(group["controller"])


def _worst(group: Row) -> str:
    if group["worst_seed"] is None:
        return "–"
    demand = f", {group['worst_demand_seed']}" if group["worst_demand_seed"] else ""
    return f"{number(group['worst_delay_s_per_vehicle'])} ({group['worst_seed']}{demand})"
