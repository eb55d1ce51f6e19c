"""Writers killed with SIGKILL at random points under load, and what their clients were told held against what is there.

A client keeps 48 writes under way at a writing process and keeps a journal of what was acknowledged. The process is
killed at a random moment: most often under load, now and then while it starts; on PostgreSQL every other time it is all
processes of the server. It is started anew, and the time to its next acknowledged write is taken. Then every
acknowledged key has to be there, once, whole. Every round begins with an empty store and ends with the check of its
whole audit chain; rounds that the ledger holds for this code are not repeated.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from bench.folder import code_hash
from bench.ledger import append_lines, by_run, check_ledger
from bench.storage.killing import Target, kills_of
from bench.storage.server import Cluster, cluster
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.key_files import signing_key

LEDGER: Final = Path("bench/results/storage_crashes.jsonl")
CODE: Final = ("signal_ctrl/stores", "signal_ctrl/centre", "bench/storage")
KILLS_A_ROUND: Final = 20
RESTART_LIMIT_S: Final = 10.0
STORES: Final = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the rounds that the ledger lacks; 1 if a write was lost, doubled, halved or a restart took long."""
    options = _options(arguments)
    rows = []
    try:
        for store in [options.store] if options.store else STORES:
            rows += campaign(store, options.kills, options.seed, options.ledger)
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.crash: {error}\n")
        return 2
    for store in STORES:
        sys.stdout.write(told(store, [row for row in rows if row["store"] == store]))
    return int(any(row["wrong"] for row in rows))


def campaign(store: str, kills: int, seed: int, ledger: Path | None) -> list[dict[str, Any]]:
    """Return a row for each round, made now or found in the ledger. Raises: SignalCtrlError."""
    engine = code_hash(CODE)
    known: dict[str, dict[str, Any]] = {}
    if ledger is not None:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        check_ledger(ledger)
        known = by_run(ledger, engine)
    rows = []
    with cluster() if store == "postgresql" else nullcontext() as server:
        for number, at_once in enumerate(_sizes(kills)):
            key = f"{store}/s{seed}/round{number}/{at_once}"
            row = known.get(key)
            if row is None:
                row = {"key": key, "engine": engine, "store": store, **round_of(server, at_once, f"{seed}/{number}")}
                if ledger is not None:
                    append_lines(ledger, [row])
            rows.append(row)
            sys.stderr.write(f"bench.crash: {key}: {row['acknowledged']} acknowledged, {len(row['wrong'])} wrong\n")
    return rows


def round_of(server: Cluster | None, kills: int, seed: str) -> dict[str, Any]:
    """Kill a writer so many times on one store and return what became of its writes."""
    generator = random.Random(seed)
    with _target(server, seed) as target:
        signing_key(target.folder)
        row = kills_of(target, kills, generator)
        found = verify(target.folder, address=target.address)
        row["records"] = found.verdict.records
        if not found.is_sound:
            row["wrong"].append(f"audit: {found.verdict.findings[:3]}")
    slow = [taken_s for taken_s in row["restart_s"] if taken_s > RESTART_LIMIT_S]
    if slow:
        row["wrong"].append(f"restarts over {RESTART_LIMIT_S:.0f} s: {slow}")
    return row


def told(store: str, rows: Sequence[dict[str, Any]]) -> str:
    """Return the outcome for people."""
    if not rows:
        return ""
    restarts = sorted(taken_s for row in rows for taken_s in row["restart_s"])
    wrong = [f"{row['key']}: {text}" for row in rows for text in row["wrong"]]
    figures = (
        f"{sum(row['kills'] for row in rows)} kills ({sum(row['server_kills'] for row in rows)} of the server), "
        f"{sum(row['acknowledged'] for row in rows):,} acknowledged writes, "
        f"{sum(row['unanswered'] for row in rows):,} unanswered of which {sum(row['kept'] for row in rows):,} are there"
    )
    middle, longest = (restarts[len(restarts) // 2], restarts[-1]) if restarts else (0.0, 0.0)
    head = f"{store}: {figures}; restart median {middle:.2f} s, longest {longest:.2f} s; wrong: {len(wrong)}"
    return "\n".join([head, *wrong]) + "\n"


@contextmanager
def _target(server: Cluster | None, seed: str) -> Iterator[Target]:
    folder = Path(tempfile.mkdtemp(prefix="signal-ctrl-crash-"))
    try:
        (folder / "keys").mkdir(mode=0o700)
        name = "crash_" + seed.replace("/", "_")
        yield Target(folder, "" if server is None else server.create(name), server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sizes(kills: int) -> list[int]:
    full, rest = divmod(kills, KILLS_A_ROUND)
    return [KILLS_A_ROUND] * full + ([rest] if rest else [])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", choices=STORES, help="else both")
    parser.add_argument("--kills", type=int, default=200, help="for each store")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
