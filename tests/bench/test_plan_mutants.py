"""The campaign of mutated plans, in short; and that it would notice an acceptance that is wrong."""

import json
import random
from dataclasses import replace
from io import StringIO
from pathlib import Path
from time import thread_time

import pytest
from rich.console import Console

from bench import plan_mutants
from bench.plan_mutants import BATCH, Bench, accepted, benches_of, campaign, run_batch
from bench.plan_trial import Turn, fault_of, try_out
from signal_ctrl.domain.plan import DraftPlan, Fault, SignalPlan, faults
from signal_ctrl.domain.site_json import site_hash
from signal_ctrl.engine.acceptance import refusals
from signal_ctrl.kernel.kernel import Kernel
from tests.signal_ctrl.kernel.small_sites import LEFT_STAGE, MAIN_STAGE, SIDE_STAGE, crossroads
from tests.signal_ctrl.kernel.worlds import random_site

SITES = (crossroads(), random_site(32, 4), random_site(34, 6))
LIMIT_MS = 200.0


@pytest.fixture(scope="module")
def benches() -> tuple[Bench, ...]:
    found = tuple(benches_of(SITES, random.Random(1)))
    assert len(found) == len(SITES)
    return found


def test_no_unsafe_plan_is_accepted_and_no_safe_one_refused(benches: tuple[Bench, ...]) -> None:
    row = run_batch(benches, 7, 400)
    assert row["findings"] == []
    assert row["accepted"] > 50
    assert row["known_safe"] == row["accepted"]
    assert row["refused"] > 100
    assert min(row["bytes"], row["grammar"], row["same_meaning"], row["reviewed"]) > 0


def test_a_batch_is_the_same_from_its_seed(benches: tuple[Bench, ...]) -> None:
    one, other = (run_batch(benches, 5, 40) for _ in range(2))
    assert {**one, "longest_acceptance_ms": 0} == {**other, "longest_acceptance_ms": 0}


def test_an_acceptance_that_takes_everything_is_found_out(
    benches: tuple[Bench, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_mutants, "refusals", lambda *_: ())
    assert run_batch(benches, 7, 200)["unsafe_accepted"] > 5


def test_an_acceptance_that_takes_nothing_is_found_out(
    benches: tuple[Bench, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_mutants, "refusals", lambda *_: ("no",))
    row = run_batch(benches, 7, 100)
    assert row["safe_refused"] > 5
    assert any("says the same" in text for text in row["findings"])


def _without_sums(plan: DraftPlan) -> list[Fault]:
    return [fault for fault in faults(plan) if fault.rule != "K9/splits"]


def _for_any_site(plan: SignalPlan, kernel: Kernel, sha256: str) -> tuple[str, ...]:
    return refusals(replace(plan, site=sha256), kernel, sha256)


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("signal_ctrl.domain.plan.faults", _without_sums),
        ("bench.plan_mutants.refusals", _for_any_site),
        ("signal_ctrl.engine.acceptance.rehearse", lambda *_: ()),
        ("signal_ctrl.engine.acceptance._may_change", lambda *_: True),
        ("signal_ctrl.engine.acceptance.unserved", lambda *_: []),
    ],
    ids=["sum of splits not compared", "hash not checked", "not rehearsed", "minimum green ignored", "groups left out"],
)
def test_an_acceptance_with_one_fault_is_found_out(
    place: str, fault: object, benches: tuple[Bench, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, fault)
    assert any("unsafe_accepted" in run_batch(benches[:count], seed, 200) for count, seed in ((1, 10), (3, 7), (3, 8)))


def test_a_plan_that_cannot_be_kept_is_not_kept() -> None:
    kernel = Kernel(crossroads())
    fair = tuple(Turn(s, t) for s, t in ((MAIN_STAGE, 200), (LEFT_STAGE, 150), (SIDE_STAGE, 150)))
    assert try_out(kernel, fair, SIDE_STAGE) == ((), "")
    short = (Turn(MAIN_STAGE, 60), *fair[1:])
    assert "turn 1" in try_out(kernel, short, SIDE_STAGE).not_kept
    long = (Turn(MAIN_STAGE, 900), *fair[1:])
    assert try_out(kernel, long, SIDE_STAGE).not_kept


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, ""),
        ({"site": "0" * 64}, "site"),
        ({"signal_id": "b"}, "signal"),
        ({"splits_ds": [200, 150, 151]}, "times"),
        ({"cycle_ds": 290, "splits_ds": [100, 100, 90]}, "cycle"),
        ({"offset_ds": 500}, "cycle"),
        ({"splits_ds": [200, 150, 160]}, "splits"),
        ({"stages": ["main", "side"]}, "stages"),
        ({"stages": ["main", "left", "back"]}, "names"),
        ({"stages": ["main", "left", "main"]}, "twice"),
        ({"stages": ["main", "left", "main", "left"], "splits_ds": [200, 100, 100, 100]}, "served"),
        ({"more": 1}, "keys"),
    ],
)
def test_the_referee_of_form(change: dict[str, object], rule: str, benches: tuple[Bench, ...]) -> None:
    bench = benches[0]
    document = json.loads(bench.text)
    good = {"cycle_ds": 500, "stages": ["main", "left", "side"], "splits_ds": [200, 150, 150]}
    document["signals"][0] |= good | change
    assert fault_of(document, bench.document, bench.sha256) == rule


def test_a_campaign_goes_on_where_it_stopped(benches: tuple[Bench, ...], tmp_path: Path) -> None:
    ledger, told = tmp_path / "ledger.jsonl", StringIO()
    assert campaign(benches, 3, 1, ledger, Console(file=told)) == 0
    assert "seed 3000009" in told.getvalue()
    first = ledger.read_text(encoding="utf-8")
    assert json.loads(first)["documents"] == BATCH
    assert campaign(benches, 3, BATCH, ledger, Console(file=told)) == 0
    assert ledger.read_text(encoding="utf-8") == first


@pytest.mark.parametrize("n_groups", [4, 12, 40])
def test_acceptance_is_in_time(n_groups: int) -> None:
    """A cycle of 120 s, also where the site has 40 groups and every frame is looked at. The best of three counts."""
    site = random_site(7, n_groups)
    kernel, sha256 = Kernel(site), site_hash(site)
    homes = sorted({home for home in site.rota().home if home >= 0})
    names = tuple(site.stages[home].name for home in homes)[:6]
    share_ds = 1200 // len(names) // 10 * 10
    splits_ds = (*[share_ds] * (len(names) - 1), 1200 - share_ds * (len(names) - 1))
    plan = SignalPlan(site.signal_id, sha256, 1200, 0, names, splits_ds)
    spent_ms = []
    for _ in range(3):
        start_s = thread_time()
        refusals(plan, kernel, sha256)
        spent_ms.append((thread_time() - start_s) * 1000)
    assert min(spent_ms) < LIMIT_MS


def test_what_is_no_text_is_refused(benches: tuple[Bench, ...]) -> None:
    assert isinstance(accepted(benches[0], b"\xff\xfe"), str)
