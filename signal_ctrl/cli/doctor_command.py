"""`signal-ctrl doctor`: says what this machine lacks and how to get it."""

from dataclasses import asdict
from typing import Annotated

import typer

from signal_ctrl.cli.failures import BROKEN
from signal_ctrl.cli.output import put_json


def doctor(json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> int:
    """Check this machine: Python, SUMO, networks, caches, disk. Exit code 3 if something is missing."""
    from signal_ctrl.cli.doctor_checks import FAIL, WARN, examine

    checks = examine()
    failed = [check for check in checks if check.verdict == FAIL]
    if json_:
        put_json({"checks": [asdict(check) for check in checks], "ok": not failed})
        return BROKEN if failed else 0
    width = max(len(check.name) for check in checks)
    for check in checks:
        typer.echo(f"{check.verdict:4}  {check.name:{width}}  {check.detail}")
        if check.fix:
            typer.echo(f"{'':4}  {'':{width}}  -> {check.fix}")
    warned = sum(check.verdict == WARN for check in checks)
    typer.echo(f"{len(checks)} checks, {warned} to look at, {len(failed)} failed")
    return BROKEN if failed else 0
