"""What `signal-ctrl bench` prints of an experiment: presets, runs, verdict."""

from collections.abc import Iterable, Sequence
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
    for name, count, purpose in rows:
        typer.echo(f"{name:10} {count:>6} runs  {purpose}")


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
    groups = list(verdicts(rows))
    if as_json:
        put_json({"folder": str(folder), "exit_code": code, "verdict": groups, "summary": str(folder / "summary.json")})
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
    typer.echo(f"runs, evidence and summary.json: {folder}")


def verdicts(rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
    """Yield the figures of every group of runs that differ in their seeds alone; invalid runs are only counted."""
    keys = ("scenario", "controller", "sensing", "profile", "scale", "failure_rate", "closures", "options")
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str([row[key] for key in keys]), []).append(row)
    for members in groups.values():
        valid = [row for row in members if row["valid"]]
        delays_s = [row["delay_s_per_vehicle"] for row in valid]
        worst = max(valid, key=lambda row: row["delay_s_per_vehicle"], default=None)
        yield {
            **{key: members[0][key] for key in keys},
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
