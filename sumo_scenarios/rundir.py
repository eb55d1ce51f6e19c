"""The folder of one run: built in a hidden place beside it, renamed in one step, never half there."""

import contextlib
import fcntl
import glob
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError

RUN_FILES: Final = frozenset(
    {
        "tripinfo.xml.gz", "statistics.xml", "tls_states.xml.gz", "net.xml", "programmes.add.xml",
        "events.parquet", "decisions.jsonl", "settings.json", "result.json", "plan_changes.csv", "link.json",
    }
)  # fmt: skip
"""Everything that the folder of a run may hold."""

_MARK: Final = ".partial-"
_ASIDE: Final = ".replaced"


@dataclass(slots=True)
class Staging:
    """A run in the making. `folder` takes its files; `target` is the folder that it becomes.

    `scratch` takes what a run needs while it goes on and nobody after it. The lock on `folder` lives as long
    as a process that works in it, so that leavings of a dead one can be told from a run that goes on.
    """

    target: Path
    folder: Path
    scratch: Path
    overwrite: bool
    made: tuple[Path, ...]
    lock: int
    files: frozenset[str] | None = RUN_FILES

    def finish(self) -> None:
        """Turn the staged folder into the run; a run it replaces goes only after this one stands.

        Raises: BackendError if the target cannot be written; the run then stays where it was staged.
        """
        aside = self.folder.with_name(self.folder.name + _ASIDE)
        try:
            _remove_strangers(self.folder, self.files)
            if self.overwrite and self.target.exists():
                self.target.rename(aside)
            self._rename(aside)
        except OSError as error:
            kept = f"the run stays in {self.folder}"
            raise BackendError(f"cannot write {self.target} ({error.strerror}); {kept}") from error
        finally:
            self._release()
        shutil.rmtree(aside, ignore_errors=True)

    def discard(self) -> None:
        """Remove the staged folder and the parents made for it; the target stays as it was."""
        shutil.rmtree(self.folder, ignore_errors=True)
        _remove_empty(self.made)
        self._release()

    def _rename(self, aside: Path) -> None:
        try:
            self.folder.rename(self.target)
        except OSError:
            if aside.exists():
                aside.rename(self.target)
            raise

    def _release(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def stage(out: Path, overwrite: bool = False, files: frozenset[str] | None = RUN_FILES) -> Staging:
    """Return a staging folder for a run that is to stand at `out`.

    Args: files, what the folder may hold; None for anything.
    Raises: InvalidInputError if `out` holds a run (unless overwrite) or anything else, or cannot be written.
    """
    target = _checked_target(out, overwrite, files)
    made: list[Path] = []
    try:
        _make_parents(target.parent, made)
        _sweep(target)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}{_MARK}", dir=target.parent))
        folder.chmod(0o777 & ~_umask())
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        scratch = Path(tempfile.mkdtemp(prefix="signal-ctrl-"))
    except OSError as error:
        _remove_empty(tuple(made))
        reason = error.strerror or error
        raise InvalidInputError(f"cannot write to {target.parent}: {reason}; choose another --out") from error
    return Staging(target, folder, scratch, overwrite, tuple(made), lock, files)


def _checked_target(out: Path, overwrite: bool, files: frozenset[str] | None) -> Path:
    try:
        target = out.resolve()
        held = {entry.name for entry in target.iterdir()} if target.is_dir() else set()
        occupied = target.exists() and not target.is_dir()
        here = target == Path.cwd()
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInputError(f"cannot read {out}: {error}; choose another --out") from error
    if occupied:
        raise InvalidInputError(f"{out} is a file; choose another --out")
    if here:
        raise InvalidInputError("--out is the current folder; name a new one")
    if files is not None and not held <= files:
        strange = min(held - files)
        raise InvalidInputError(f"{out} holds files that no run wrote ({strange}); choose another --out")
    if held and not overwrite:
        raise InvalidInputError(f"{out} holds another run; choose another --out or add --overwrite")
    return target


def _make_parents(folder: Path, made: list[Path]) -> None:
    """Make the folder with its parents; put what was made into `made`, deepest first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.insert(0, path)


def _remove_empty(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):  # someone else put something there meanwhile
            folder.rmdir()


def _sweep(target: Path) -> None:
    """Remove what earlier runs to the same target left when they were killed."""
    for folder in target.parent.glob(f".{glob.escape(target.name)}{_MARK}*"):
        if _abandoned(folder) and not (folder.name.endswith(_ASIDE) and not target.exists()):
            shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def sweep_below(folder: Path) -> None:
    """Remove what killed runs left unfinished anywhere below a folder."""
    for left in list(folder.glob(f"**/.*{_MARK}*")):
        target = left.with_name(left.name[1:].partition(_MARK)[0])
        if left.is_dir() and _abandoned(left) and not (left.name.endswith(_ASIDE) and not target.exists()):
            shutil.rmtree(left, ignore_errors=True)


def _remove_strangers(folder: Path, files: frozenset[str] | None) -> None:
    """Remove what the folder of a run does not hold."""
    for entry in folder.iterdir():
        if files is not None and entry.name not in files:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
