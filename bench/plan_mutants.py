"""Campaign K9: mutated plan documents against the acceptance of plans. `python -m bench.plan_mutants --count 100000`.

Of valid plans for the signals of a network it makes documents with faults in their bytes and in what they say. Every
one that the acceptance takes is kept by the kernel with everybody calling, and judged by O1 and O2: none may be unsafe.
Every one that it refuses though it is whole is tried out too: one that is kept without a fault was refused in vain.
Documents are made in batches of 250, each from a seed of its own; those that the ledger holds for this code are kept.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import thread_time
from typing import Any, Final

from rich.console import Console

from bench.folder import code_hash
from bench.ledger import append_lines, known_lines
from bench.plan_mutations import by_bytes, by_grammar, of_same_meaning
from bench.plan_trial import Trial, Turn, fault_of, try_out
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError
from signal_ctrl.domain.plan import Plan, SignalPlan, drafts_from_json, plan_to_json, signal_plan_of
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.site import Site
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.engine.plan_review import plan_reasons
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios import catalogue
from sumo_scenarios.world import build_world

BATCH: Final = 250
LEDGER: Final = Path(__file__).parent / "results" / "plan_mutants.jsonl"
SCENARIOS: Final = ("cologne8", "cologne3", "ingolstadt7")
REFEREE: Final = "plan-mutants-2"
"""Of documents and referee. To 1 a stage that was complete only in the frame of the next wish was not kept."""
CODE: Final = ("signal_ctrl/kernel", "signal_ctrl/engine")
"""Who accepts plans and keeps them: a change of it makes the batches of the ledger those of another engine."""
REVIEWED: Final = 0.02
"""Share of the documents of which all reasons are asked for too, as `plan check` does: is the verdict the same?"""
_CYCLE_120_DS: Final = 1_200


@dataclass
class Bench:
    """One signal with a valid plan to begin with, and what has been tried out on it."""

    kernel: Kernel
    plan: SignalPlan
    text: str
    sha256: str
    document: dict[str, Any]
    tried: dict[tuple[tuple[Turn, ...], int], Trial] = field(default_factory=dict)

    def trial(self, turns: tuple[Turn, ...], before: int) -> Trial:
        """Return what comes of a plan; the same turns are tried once."""
        key = (turns, before)
        if key not in self.tried:
            self.tried[key] = try_out(self.kernel, turns, before)
        return self.tried[key]


def benches_of(sites: Sequence[Site], rng: random.Random) -> Iterator[Bench]:
    """Yield a bench for each site with a choice of stages for which a plan is found."""
    for site in sites:
        plan = first_plan(Kernel(site), rng) if len(site.stages) > 1 else None
        if plan is not None:
            text = plan_to_json(Plan("seed", (plan,)))
            yield Bench(Kernel(site), plan, text, site_hash(site), json.loads(site_to_json(site)))


def first_plan(kernel: Kernel, rng: random.Random) -> SignalPlan | None:
    """Return a plan that the acceptance takes: the stages that serve everybody, in some order and length."""
    site = kernel.site
    homes = sorted({home for home in site.rota().home if home >= 0})
    for _ in range(60):
        order = rng.sample(homes, len(homes))
        splits_ds = tuple(10 * rng.randint(12, 40) for _ in order)
        cycle_ds, names = sum(splits_ds), tuple(site.stages[s].name for s in order)
        try:
            plan = SignalPlan(site.signal_id, site_hash(site), cycle_ds, 0, names, splits_ds)
        except InvalidInputError:
            continue
        if not refusals(plan, kernel):
            return plan
    return None


def run_batch(benches: Sequence[Bench], seed: int, count: int) -> dict[str, Any]:
    """Return what came of a batch of documents: counts, findings (seed and document), and the time of acceptance."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    findings: list[str] = []
    longest_ms = 0.0
    for number in range(count):
        bench = rng.choice(benches)
        data, kind = _document(bench, rng)
        counts[kind] += 1
        start_s = thread_time()
        verdict = accepted(bench, data)
        spent_ms = (thread_time() - start_s) * 1000
        if isinstance(verdict, SignalPlan) and verdict.cycle_ds <= _CYCLE_120_DS:
            longest_ms = max(longest_ms, spent_ms)
        found = _judged(bench, data, kind, verdict, counts, rng)
        findings += [f"seed {seed} document {number}: {text}" for text in found]
    return {**counts, "findings": findings, "longest_acceptance_ms": round(longest_ms, 1)}


def _document(bench: Bench, rng: random.Random) -> tuple[bytes, str]:
    dice = rng.random()
    if dice < 0.4:
        return by_bytes(bench.text, rng), "bytes"
    if dice < 0.9:
        return by_grammar(bench.text, tuple(stage.name for stage in bench.kernel.site.stages), rng), "grammar"
    return of_same_meaning(bench.text, max(10, bench.kernel.site.resolution_ds), rng), "same_meaning"


def accepted(bench: Bench, data: bytes) -> SignalPlan | str:
    """Return the plan if the acceptance takes the document, else why not. Only its own errors are verdicts."""
    try:
        _, drafts = drafts_from_json(data.decode())
        if [draft.signal_id for draft in drafts] != [bench.kernel.site.signal_id]:
            return "another signal, none, or one twice"
        plan = signal_plan_of(drafts[0])
    except (InvalidInputError, UnicodeDecodeError) as error:
        return str(error)
    reasons = refusals(plan, bench.kernel, bench.sha256)
    return reasons[0] if reasons else plan


def _judged(
    bench: Bench, data: bytes, kind: str, verdict: SignalPlan | str, counts: Counter[str], rng: random.Random
) -> list[str]:
    """Count one document and return what is wrong with the verdict on it."""
    found = []
    taken = isinstance(verdict, SignalPlan)
    counts["accepted" if taken else "refused"] += 1
    if rng.random() < REVIEWED:
        counts["reviewed"] += 1
        if _review(bench, data) is not taken:
            found.append(f"plan check says otherwise: {data!r}")
    trial = _trial(bench, data, rng)
    if taken and (trial is None or trial.breaches or trial.not_kept):
        counts["unsafe_accepted"] += 1
        found.append(f"accepted, but {trial}: {data!r}")
    if trial is not None and not trial.breaches and not trial.not_kept:
        counts["known_safe"] += 1
        if not taken:
            counts["safe_refused"] += 1
            found.append(f"refused though it is kept: {verdict}: {data!r}")
    if kind == "same_meaning" and not taken:
        found.append(f"refused though it says the same as an accepted one: {data!r}")
    return found


def _review(bench: Bench, data: bytes) -> bool:
    site = bench.kernel.site
    try:
        name, drafts = drafts_from_json(data.decode())
    except (InvalidInputError, UnicodeDecodeError):
        return False
    return not plan_reasons(name, drafts, (site,), {site.signal_id: bench.kernel})


def _trial(bench: Bench, data: bytes, rng: random.Random) -> Trial | None:
    """Return what comes of a document when it is tried out, None if its form is at fault."""
    try:
        document = json.loads(data)
        fault = fault_of(document, bench.document, bench.sha256)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if fault or _has_a_key_twice(data):
        return None
    (signal,) = document["signals"]
    names = [stage.name for stage in bench.kernel.site.stages]
    turns = tuple(Turn(names.index(n), s) for n, s in zip(signal["stages"], signal["splits_ds"], strict=True))
    own = bench.trial(turns, turns[-1].stage)
    if own.breaches or own.not_kept:
        return own
    other = bench.trial(turns, rng.choice(turns).stage)
    return own if not other.breaches else other


def _has_a_key_twice(data: bytes) -> bool:
    pairs: list[bool] = []
    json.loads(data, object_pairs_hook=lambda found: pairs.append(len({k for k, _ in found}) != len(found)))
    return any(pairs)


def sites_of(scenarios: Sequence[str]) -> list[Site]:
    """Return the sites of networks. Raises: InvalidInputError for an unknown one."""
    worlds = [build_world(catalogue.resolve(name), PUBLISHED, None, None) for name in scenarios]
    return [unit.site for world in worlds for unit in world.units]


def campaign(benches: Sequence[Bench], seed: int, count: int, ledger: Path, console: Console) -> int:
    """Make the batches that the ledger does not hold yet; return how many findings there are."""
    engine, known, findings = f"{REFEREE} {code_hash(CODE)}", known_lines(ledger), 0
    for batch in range(-(-count // BATCH)):
        key = f"{seed}/{batch}"
        if (engine, key) in known:
            continue
        own_seed = seed * 1_000_003 + batch
        row = run_batch(benches, own_seed, BATCH)
        append_lines(ledger, [{"key": key, "engine": engine, "seed": own_seed, "documents": BATCH, **row}])
        findings += len(row["findings"])
        told = ", ".join(f"{name} {value}" for name, value in row.items() if name != "findings")
        console.print(f"batch {key}, seed {own_seed}: {told}", soft_wrap=True)
        for finding in row["findings"][:5]:
            console.print(f"  {finding}", soft_wrap=True, markup=False)
    return findings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 1 if it found anything."""
    parser = argparse.ArgumentParser(description="Mutated plans against the acceptance of plans.")
    parser.add_argument("--scenario", action="append", help="network whose sites count; may be repeated")
    parser.add_argument("--count", type=int, default=1_000, help="documents to make")
    parser.add_argument("--seed", type=int, default=1, help="of the whole campaign")
    parser.add_argument("--ledger", type=Path, default=LEDGER, help="where the batches are kept")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        benches = tuple(benches_of(sites_of(options.scenario or SCENARIOS), random.Random(options.seed)))
        console.print(f"{len(benches)} signals with a plan; campaign seed {options.seed}")
        return 1 if campaign(benches, options.seed, options.count, options.ledger, console) else 0
    except SignalCtrlError as error:
        console.print(f"error: {error}", markup=False)
        return 2


if __name__ == "__main__":
    sys.exit(main())
