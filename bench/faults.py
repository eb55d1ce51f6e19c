"""A disk that fails under the store: EIO and ENOSPC at each of the first writes and syncs, once and from then on.

For every case the store is opened on an empty folder and written to while the disk fails; then the disk is well again,
the store is opened anew, and the client's journal is held against the file. Wrong is: an acknowledged write that is not
there once, half a write, a reader that does not read any more, any write or sync after a sync that failed, a store that
does not open again, an audit chain that does not verify. Cases that the ledger holds for this code are not repeated.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.folder import code_hash
from bench.ledger import append_lines, by_run, check_ledger
from bench.storage.fault_cases import ERRORS, Case
from signal_ctrl.domain.errors import BackendError, SignalCtrlError

LEDGER: Final = Path("bench/results/storage_faults.jsonl")
CODE: Final = ("signal_ctrl/stores", "signal_ctrl/centre", "bench/storage")
SOURCE: Final = Path(__file__).parent / "storage" / "faults.c"
FIRST_CALLS: Final = 300
_LINES_AT_ONCE: Final = 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the cases that the ledger lacks and print what they came to; 1 if anything was wrong."""
    options = _options(arguments)
    try:
        rows = campaign(cases(options.first, options.calls, options.seed, options.opened), options.ledger)
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.faults: {error}\n")
        return 2
    sys.stdout.write(told(rows) + "\n")
    return int(any(row["wrong"] for row in rows))


def cases(first: int, last: int, seed: int, opened_first: bool = False) -> tuple[Case, ...]:
    """Return every case of the calls `first` to `last`, counted from the making of the store or from its opening on."""
    kinds = [(error, persistent) for error in ERRORS for persistent in (False, True)]
    return tuple(
        Case(at, error, persistent, seed, opened_first) for at in range(first, last + 1) for error, persistent in kinds
    )


def campaign(wanted: Sequence[Case], ledger: Path | None) -> list[dict[str, Any]]:
    """Return a row for each case, made now or found in the ledger. Raises: SignalCtrlError."""
    known: dict[str, dict[str, Any]] = {}
    engine = code_hash(CODE)
    if ledger is not None:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        check_ledger(ledger)
        known = by_run(ledger, engine)
    missing = [case for case in wanted if case.key not in known]
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-shim-") as folder, _worker(Path(folder)) as ask:
        for start in range(0, len(missing), _LINES_AT_ONCE):
            made = [{**ask(case), "engine": engine} for case in missing[start : start + _LINES_AT_ONCE]]
            if ledger is not None:
                append_lines(ledger, made)
            known |= {row["key"]: row for row in made}
            sys.stderr.write(f"bench.faults: {start + len(made)} of {len(missing)} cases\n")
    return [known[case.key] for case in wanted]


@contextmanager
def _worker(folder: Path) -> "Iterator[Any]":
    """Yield what carries out a case in a process with the failing disk."""
    environment = {**os.environ, "LD_PRELOAD": str(build(folder))}
    command = [sys.executable, "-m", "bench.storage.fault_cases"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:

        def ask(case: Case) -> dict[str, Any]:
            if process.stdin is None or process.stdout is None:
                raise BackendError("the worker has no pipes")
            process.stdin.write(json.dumps([case.at, case.error, case.persistent, case.seed, case.opened_first]) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise BackendError(f"the worker died in case {case.key}")
            return dict(json.loads(line))

        yield ask


def build(folder: Path) -> Path:
    """Compile the failing disk and return it. Raises: BackendError if there is no compiler."""
    library = folder / "faults.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BackendError(f"cannot compile {SOURCE.name}: {getattr(error, 'stderr', '') or error}") from error
    return library


def told(rows: Sequence[dict[str, Any]]) -> str:
    """Return the outcome for people."""
    lines = []
    for error in ERRORS:
        for persistent in (False, True):
            some = [row for row in rows if row["error"] == error and row["persistent"] is persistent]
            kinds: Counter[str] = Counter()
            for row in some:
                kinds.update(row.get("errors", {}).keys() or ["nothing refused"])
            answers = ", ".join(f"{kind} {times}" for kind, times in sorted(kinds.items()))
            acknowledged = sum(row.get("acknowledged", 0) for row in some)
            mode = "from then on" if persistent else "once"
            lines.append(f"{error} {mode}: {len(some)} cases, {acknowledged} acknowledged; cases that met: {answers}")
    wrong = [f"{row['key']}: {'; '.join(row['wrong'])}" for row in rows if row["wrong"]]
    return "\n".join([*lines, f"wrong: {len(wrong)}", *wrong])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=1, help="first call that fails")
    parser.add_argument("--calls", type=int, default=FIRST_CALLS, help="last call that fails")
    parser.add_argument("--opened", action="store_true", help="count calls from the opened store on")
    parser.add_argument("--seed", type=int, default=1, help="of the lengths of the texts")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
