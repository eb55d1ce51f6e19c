"""`signal-ctrl plan show`: a plan as people read it, with its hash."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import number, put_json, put_table


def show(
    plan: Annotated[Path, typer.Argument(help="The plan's file.")],
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Show a plan with its hash: cycle, offset, stages and splits of each signal."""
    from signal_ctrl.domain.plan import plan_document, plan_hash
    from sumo_scenarios.plan_file import read_plan

    value = read_plan(plan)
    digest = plan_hash(value)
    if json_:
        put_json({"plan_sha256": digest, "plan": plan_document(value)})
        return 0
    typer.echo(f"plan {value.name}, {len(value.signals)} signals")
    typer.echo(f"sha256 {digest}")
    typer.echo("")
    put_table(
        ("signal", "cycle [s]", "offset [s]", "stages and splits [s]", "site"),
        [
            (
                part.signal_id,
                number(part.cycle_ds / 10, 0),
                number(part.offset_ds / 10, 0),
                "  ".join(
                    f"{stage} {split_ds // 10}" for stage, split_ds in zip(part.stages, part.splits_ds, strict=True)
                ),
                part.site[:12],
            )
            for part in value.signals
        ],
    )
    return 0
