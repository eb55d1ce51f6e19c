"""`signal-ctrl bench tune`: baselines that deserve the name."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import INTERRUPTED, say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.progress import clock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from bench.tuning.evaluation import Scored


def tune(
    *,
    scenarios: Annotated[str, typer.Argument(help="A,B: names from 'scenarios list', or paths of a .sumocfg.")],
    controllers: Annotated[
        str, typer.Option(help="fixed, green_wave, actuated, delay_based, max_pressure.")
    ] = "fixed,actuated,max_pressure",
    budget: Annotated[int, typer.Option(help="Simulations for each controller of a scenario, at most.")] = 60,
    seeds: Annotated[str, typer.Option(help="Training seeds, 1001 and above; 1101 and 1102 choose the best.")] = "1001",
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    end: Annotated[
        float | None, typer.Option(help="Last simulation second, to tune on less.", show_default=False)
    ] = None,
    workers: Annotated[int, typer.Option(help="Simulations at a time.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Tune baselines on training seeds and keep them, with the budget and what was tried; interrupted, it goes on."""
    from bench.matrix_values import integers, words
    from bench.tuning.store import ledger_file, tuned_file
    from bench.tuning.tune import Wanted
    from bench.tuning.tune import tune as tune_one

    named = words("SCENARIO", scenarios)
    chosen = words("--controllers", controllers)
    training = integers("--seeds", seeds)
    if not named:
        raise InvalidInputError("name a SCENARIO ('signal-ctrl scenarios list' shows them)")
    safety = profile_by_name(profile)
    wanted = [Wanted(name, safety, chosen, budget, training, workers, end) for name in named]
    files = [tuned_file(name, safety) for name in named]
    documents = []
    for one in wanted:
        try:
            documents.append(tune_one(one, _Told(one.scenario, json_)))
        except KeyboardInterrupt:
            say(f"interrupted; {ledger_file(one.scenario, safety)} holds what was simulated, the same command goes on")
            return INTERRUPTED
    if json_:
        put_json(documents)
        return 0
    _put(documents, chosen)
    for path in files:
        typer.echo(f"kept in {path}")
    return 0


@dataclass(slots=True)
class _Told:
    """Tells how a tuning goes on: each new best, and every tenth simulation."""

    scenario: str
    quiet: bool
    best: dict[str, float] = field(default_factory=dict)
    tenths: dict[str, int] = field(default_factory=dict)
    begun_s: float = field(default_factory=time.monotonic)

    def __call__(self, controller: str, spent: int, budget: int, one: "Scored") -> None:
        if self.quiet:
            return
        better = one.delay_s < self.best.get(controller, float("inf"))
        tenth = 10 * spent // budget
        if not better and tenth == self.tenths.get(controller, 0):
            return
        self.best[controller] = min(one.delay_s, self.best.get(controller, float("inf")))
        self.tenths[controller] = tenth
        took = clock(time.monotonic() - self.begun_s)
        said = f"; new best: {one.candidate.what}" if better else ""
        line = f"{self.scenario} {controller} {spent}/{budget}, {took}: {self.best[controller]:.1f} s/veh{said}"
        typer.echo(line, err=True)


def _put(documents: list[dict[str, Any]], controllers: tuple[str, ...]) -> None:
    rows = []
    for document in documents:
        for name, row in document["controllers"].items():
            if name not in controllers:
                continue
            best, start, net = (row.get(key, {}) for key in ("best", "untuned", "net"))
            options = " ".join(f"{key}={value}" for key, value in row["options"]) or "–"
            figures = (number(found.get("delay_s")) for found in (start, best, net))
            rows.append((document["scenario"], name, *figures, str(row["simulations"]), options))
            for note in row["notes"]:
                say(f"{document['scenario']} {name}: {note}")
    header = ("scenario", "controller", "untuned [s/veh]", "tuned [s/veh]", "net [s/veh]", "simulations", "settings")
    put_table(header, rows, numbers_from=2)
