"""One case of a failing disk in a process of its own, and what is left behind. Runs under the preloaded `faults.c`."""

import argparse
import ctypes
import errno
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.storage.load import judge, length_of, objects_in_file, work_of
from signal_ctrl.centre.ports import Importance
from signal_ctrl.domain.errors import InvalidInputError, StorageError
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.opening import open_folder

WORKS: Final = 30
BALLAST_BYTES: Final = 1 << 16
CHECKPOINT_COMMITS: Final = 7
ERRORS: Final = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}


@dataclass(frozen=True, slots=True)
class Case:
    """Which call fails, with what, and whether all after it do."""

    at: int
    error: str
    persistent: bool
    seed: int

    @property
    def key(self) -> str:
        """Return the name of the case in the ledger."""
        return f"{self.error}/{'persistent' if self.persistent else 'once'}/{self.at}/s{self.seed}"


def run_case(case: Case) -> dict[str, Any]:
    """Carry out a case and return what is wrong with it, if anything, and how it went."""
    folder = Path(tempfile.mkdtemp(prefix="signal-ctrl-fault-", dir=quick_folder())).resolve()
    try:
        told = in_child(lambda: _suffer(case, folder))
        left = in_child(lambda: _recover(folder, told))
        return {"key": case.key, **asdict(case), **{k: v for k, v in told.items() if k != "acknowledged"}, **left}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_child(work: "Callable[[], dict[str, Any]]") -> dict[str, Any]:
    """Carry out a work in a forked process and return what it returns; it ends without any last words to the disk."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = work()
        except BaseException as error:
            answer = {"wrong": [f"{type(error).__name__}: {error}"]}
        with os.fdopen(writing, "w", encoding="utf-8") as file:
            json.dump(answer, file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    return dict(json.loads(text)) if text else {"wrong": [f"the process died with status {status}"]}


def _suffer(case: Case, folder: Path) -> dict[str, Any]:
    shim = ctypes.CDLL(None)
    shim.fault_arm(os.fsencode(folder), ctypes.c_long(case.at), ERRORS[case.error], int(case.persistent))
    told = _write(case, folder)
    told["calls"] = shim.fault_count()
    told["after_failed_sync"] = shim.fault_synced_after()
    return told


def _write(case: Case, folder: Path) -> dict[str, Any]:
    acknowledged: list[str] = []
    errors: dict[str, int] = {}
    generator = random.Random(case.seed)
    told: dict[str, Any] = {"acknowledged": acknowledged, "errors": errors, "opened": False}
    try:
        signing_key_made(folder)
        store = open_folder(folder, BALLAST_BYTES, CHECKPOINT_COMMITS)
    except (StorageError, InvalidInputError) as error:
        errors[f"opening: {type(error).__name__}"] = 1
        return told
    told["opened"] = True
    for k in range(WORKS):
        importance = Importance.ESSENTIAL if k % 9 == 0 else Importance.NORMAL
        try:
            store.write(work_of(f"k{k}", length_of(generator)), importance)
            acknowledged.append(f"k{k}")
        except StorageError as error:
            errors[type(error).__name__] = errors.get(type(error).__name__, 0) + 1
    told["readable"] = store.read(lambda reading: reading.audit.head()).n >= len(acknowledged)
    told["condition"] = store.condition.value
    store.close()
    return told


def quick_folder() -> str | None:
    """Return a folder in memory where there is one: it is the shim that fails, not the disk below it."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def signing_key_made(folder: Path) -> None:
    """Make the key before the store, so that its file meets the faults too."""
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    signing_key(folder)


def _recover(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Open the store on a disk that is well again, and say what is wrong."""
    wrong: list[str] = list(told.get("wrong", []))
    wrong += _wrong_in_the_end(told)
    signing_key_made(folder)
    store = open_folder(folder, BALLAST_BYTES, CHECKPOINT_COMMITS)
    store.write(work_of("afterwards", 10))
    store.close()
    sent = {f"k{k}" for k in range(WORKS)} | {"afterwards"}
    found = judge(objects_in_file(folder / "centre.db"), {*told.get("acknowledged", []), "afterwards"}, sent)
    wrong += [] if found.is_clean else [f"{found}"]
    wrong += [] if verify(folder).is_sound else ["the audit chain is not sound"]
    return {"wrong": wrong, "acknowledged": found.acknowledged - 1}


def _wrong_in_the_end(told: dict[str, Any]) -> list[str]:
    """Return what is wrong with an end. A store that did not open has acknowledged nothing: there SQLite may roll back
    the file that it was about to make, which writes and syncs."""
    wrong = []
    if told.get("opened") and not told.get("readable", False):
        wrong.append("what was acknowledged could not be read any more")
    if told.get("opened") and told.get("after_failed_sync"):
        wrong.append(f"{told['after_failed_sync']} writes or syncs after a sync that failed")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the cases named on standard input, one JSON list each, and print a line for each."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run_case(Case(*json.loads(line)))) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
