"""`signal-ctrl plan dispersion`: how platoons spread on each link, fitted to the loops of a run."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import Overwrite, number, put_json, put_table


def dispersion(
    *,
    run: Annotated[Path, typer.Argument(help="Folder of a run whose loops were read (adaptive, max_pressure).")],
    out: Annotated[
        Path | None, typer.Option(help="File for 'plan network --dispersion', JSON.", show_default=False)
    ] = None,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Fit how platoons spread on each link to what the loops of a run saw."""
    import json

    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.dispersion_fit import fit_document, fit_run

    if out is not None:
        check_free(out, overwrite)
    document = fit_document(fit_run(run))
    if out is not None:
        write_whole(out, json.dumps(document, indent=1) + "\n")
    if json_:
        put_json(document)
        return 0
    header = ("signal", "from edge", "free [s]", "mean [s]", "T [s]", "F", "alpha", "beta", "R²", "vehicles", "used")
    rows = [
        (
            row["signal"], row["from_edge"], number(row["free_s"]), number(row["tau_s"]), number(row["lag_s"]),
            number(row["smooth"], 3), number(row["alpha"], 3), number(row["beta"], 2), number(row["r_squared"], 2),
            str(row["vehicles"]), "yes" if row["used"] else "no",
        )
        for row in document["links"]
    ]  # fmt: skip
    put_table(header, rows, numbers_from=2)
    return 0
