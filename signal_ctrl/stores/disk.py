"""How full the disk of the store is, and the ballast that is thrown off when it is (SAFETY part D)."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from signal_ctrl.centre.ports import Condition, Importance
from signal_ctrl.domain.errors import StorageFullError

BALLAST_BYTES: Final = 64 << 20
BALLAST: Final = "ballast"
LIMITS: Final = ((0.97, Condition.READ_ONLY), (0.90, Condition.SHEDDING), (0.80, Condition.SPACE_LOW))
"""Share of the disk that is used, and what follows from there on (SAFETY part D)."""
_REFUSED: Final = {
    Condition.READ_ONLY: (Importance.RAW, Importance.NORMAL),
    Condition.SHEDDING: (Importance.RAW,),
}
_CHUNK: Final = 1 << 20

Usage = Callable[[Path], float]


def used_share(folder: Path) -> float:
    """Return how much of the disk of a folder is used, 0 to 1; what only root may use counts as used."""
    found = os.statvfs(folder)
    usable = found.f_blocks - found.f_bfree + found.f_bavail
    return 1.0 if usable == 0 else 1.0 - found.f_bavail / usable


class DiskGuard:
    """Tells by the share of the disk that is used which writes are still taken."""

    def __init__(self, folder: Path | None, usage: Usage = used_share, ballast_bytes: int = BALLAST_BYTES) -> None:
        self._folder = folder
        self._usage = usage
        self._ballast_bytes = ballast_bytes

    def share(self) -> float:
        """Return how much of the disk is used, 0 to 1; 0 without a disk, 1 for one that does not say."""
        try:
            return 0.0 if self._folder is None else self._usage(self._folder)
        except OSError:
            return 1.0

    def condition(self) -> Condition:
        """Return what follows from the disk's use."""
        share = self.share()
        return next((condition for limit, condition in LIMITS if share >= limit), Condition.OPEN)

    def check(self, importance: Importance) -> None:
        """Raises: StorageFullError if so little space is left that a write of this importance is not taken."""
        condition = self.condition()
        if importance in _REFUSED.get(condition, ()):
            raise StorageFullError(
                f"the disk of {self._folder} is {self.share():.0%} full ({condition.value}); make room"
            )

    def lay_ballast(self) -> bool:
        """Make the ballast file where there is room for it, and tell whether it lies there."""
        if self._folder is None:
            return False
        path = self._folder / BALLAST
        try:
            if path.exists() and path.stat().st_size == self._ballast_bytes:
                return True
            return self.condition() not in _REFUSED and self._fill(path)
        except OSError:
            return False

    def free_ballast(self) -> bool:
        """Remove the ballast file and tell whether there was one."""
        if self._folder is None:
            return False
        try:
            (self._folder / BALLAST).unlink()
        except OSError:
            return False
        return True

    def _fill(self, path: Path) -> bool:
        """Write real bytes: a file with holes would keep no room."""
        try:
            with path.open("wb") as file:
                for start in range(0, self._ballast_bytes, _CHUNK):
                    file.write(os.urandom(min(_CHUNK, self._ballast_bytes - start)))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            return False
        return True
