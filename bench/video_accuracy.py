"""How right the counter is on films with exact truth: `python -m bench.video_accuracy`.

Each film is rendered and counted frame by frame, encoded as its condition says. The camera has seen the empty road
before, and the first seconds are not judged. What the ledger holds is not made again, so that the campaign can be
stopped.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from bench.folder import code_hash
from bench.ledger import append_lines, by_run, check_ledger
from bench.video_scores import FilmScore, Passing, presence_right, score_lines
from bench.video_views import PLACES, Place, Stage, key_of, place_named, staged
from detectors.video.counter import VideoCounter
from signal_ctrl.domain.errors import SignalCtrlError
from sumo_scenarios.film.conditions import CONDITIONS, Condition, condition_named
from sumo_scenarios.film.empty_road import learn_empty_road
from sumo_scenarios.film.renderer import Renderer
from sumo_scenarios.film.truth import Witness

CODE: Final = ("detectors/video", "sumo_scenarios/film")
"""What a film's figures depend on: films counted by other code are made again."""
LEDGER: Final = Path("bench/results/video.jsonl")
NOT_JUDGED_S: Final = 20.0
QUARTER_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Setup:
    """How films are made: how long they are judged [s], frames a second, seed of traffic, scenery and weather."""

    lasts_s: float = QUARTER_S
    rate_hz: float = 12.5
    seed: int = 1


def count_film(stage: Stage, condition: Condition, setup: Setup) -> FilmScore:
    """Render and count one film, and return how right it was."""
    view = stage.view
    renderer = Renderer(stage.site.roads, stage.site.stops, view.pinhole, condition, setup.seed)
    witness, counter = Witness(view), VideoCounter(view.camera)
    told: dict[str, defaultdict[int, list[bool]]] = {zone.name: defaultdict(list) for zone in view.camera.zones}
    counted: list[Passing] = []
    start_s = stage.scenes[0].time_s
    learn_empty_road(counter, renderer, start_s, setup.rate_hz, renderer.sent)
    for scene in stage.between(setup.rate_hz):
        witness.see(scene)
        time_s = scene.time_s - start_s
        seen = counter.step(renderer.sent(renderer.frame(scene)), time_s)
        counted += [Passing(each.time_s, each.line, each.direction) for each in seen.crossings]
        for zone in seen.zones:
            told[zone.name][int(time_s + 1e-6)].append(zone.occupied)
    counted += [Passing(each.time_s, each.line, each.direction) for each in counter.end().crossings]
    true = [Passing(each.time_s, each.line, each.direction) for each in witness.crossings]
    judged = [[each for each in some if each.time_s >= NOT_JUDGED_S] for some in (true, counted)]
    right = _presence(witness, told)
    return FilmScore(setup.lasts_s, score_lines(*judged), *right)


def _presence(witness: Witness, told: dict[str, defaultdict[int, list[bool]]]) -> tuple[int, int]:
    """Return how many seconds of presence zones were judged, and how many of them were told right."""
    rows = [row for row in witness.presence() if row.time_s >= NOT_JUDGED_S]
    shares = [float(np.mean(told[row.zone].get(row.time_s) or [False])) for row in rows]
    return len(rows), presence_right([row.share for row in rows], shares)


def row_of(place: Place, condition: Condition, setup: Setup, score: FilmScore, cpu_s: float) -> dict[str, Any]:
    """Return the line of the ledger for a film."""
    return {
        "key": key_for(place, condition, setup),
        "engine": code_hash(CODE),
        "place": key_of(place),
        "condition": condition.name,
        "lasts_s": setup.lasts_s,
        "rate_hz": setup.rate_hz,
        "seed": setup.seed,
        "true": score.true,
        "counted": score.counted,
        "matched": score.matched,
        "lines": [
            {"line": each.line, "direction": each.direction, "true": each.true, "counted": each.counted,
             "matched": each.matched, "geh": round(each.geh(setup.lasts_s), 2)}
            for each in score.lines
        ],
        "presence": round(score.presence, 4),
        "seconds": score.seconds,
        "cpu_s": round(cpu_s, 1),
    }  # fmt: skip


def key_for(place: Place, condition: Condition, setup: Setup) -> str:
    """Return the name of a film in the ledger."""
    return f"{key_of(place)}/{condition.name}/{setup.lasts_s:g}s/{setup.rate_hz:g}hz/seed{setup.seed}"


def told_row(row: dict[str, Any]) -> str:
    """Return one film as a line for people."""
    errors = [(abs(each["counted"] - each["true"]), each) for each in row["lines"]]
    worst = max(errors, key=lambda item: item[0])[1] if errors else None
    far = f"{worst['line']} {worst['direction']} {worst['counted']}/{worst['true']}" if worst else ""
    true, counted, matched = row["true"], row["counted"], row["matched"]
    return (
        f"{row['place']:22} {row['condition']:11} {counted:4}/{true:<4} {(counted - true) / max(true, 1):+7.1%}  "
        f"found {matched / max(true, 1):6.1%}  right {matched / max(counted, 1):6.1%}  "
        f"GEH {max((each['geh'] for each in row['lines']), default=0.0):4.1f}  "
        f"presence {row['presence']:6.1%}  worst {far}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the films that the ledger lacks, and print every one of this setup."""
    options = _options(arguments)
    cv2.setNumThreads(1)
    setup = Setup(options.seconds, options.rate, options.seed)
    try:
        campaign(options.places, options.conditions, setup, options.ledger)
    except SignalCtrlError as error:
        sys.stderr.write(f"video_accuracy: {error}\n")
        return 2
    return 0


def campaign(places: Sequence[str], conditions: Sequence[str], setup: Setup, ledger: Path) -> None:
    """Make the films that a ledger lacks and append them to it. Raises: SignalCtrlError."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    check_ledger(ledger)
    engine = code_hash(CODE)
    known = by_run(ledger, engine)
    for place in map(place_named, places):
        stage: Stage | None = None
        for condition in map(condition_named, conditions):
            row = known.get(key_for(place, condition, setup))
            if row is None:
                stage = stage or staged(place, NOT_JUDGED_S, setup.lasts_s, setup.seed)
                row = _made(place, stage, condition, setup)
                append_lines(ledger, [row])
            sys.stdout.write(told_row(row) + "\n")
            sys.stdout.flush()


def _made(place: Place, stage: Stage, condition: Condition, setup: Setup) -> dict[str, Any]:
    began_s = time.process_time()
    score = count_film(stage, condition, setup)
    return row_of(place, condition, setup, score, time.process_time() - began_s)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", nargs="+", default=[key_of(place) for place in PLACES])
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS))
    parser.add_argument("--seconds", type=float, default=QUARTER_S, help="judged length of a film [s]")
    parser.add_argument("--rate", type=float, default=12.5, help="frames a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
