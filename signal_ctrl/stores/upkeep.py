"""What has to be done to a store again and again: anchors, backups, the daily look whether all is sound, retention."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from signal_ctrl.centre.anchors import Anchoring
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.stores.anchor_files import AnchorFolder, last_anchor
from signal_ctrl.stores.backup import make_backup
from signal_ctrl.stores.folder import ANCHORS
from signal_ctrl.stores.integrity import daily_findings
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.retention import retain
from signal_ctrl.stores.store import SqlStore

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
FIRST_MS: Final = HOUR_MS
"""What is due daily is first due so long after the start: one that is started anew every day is looked after. [ms]"""


@dataclass(frozen=True, slots=True)
class UpkeepSettings:
    """Where copies go. `backup_folder` None: no backups; `address`: the database where it is not SQLite.

    `retention` takes out what is kept long enough.
    """

    folder: Path
    address: str = ""
    anchor_folders: Sequence[Path] = ()
    backup_folder: Path | None = None
    backup_secret: bytes = field(default=b"", repr=False)
    retention: Callable[[SqlStore, Path, int], object] = retain


class Upkeep:
    """`tick` is called every second, `run_due` every minute in a thread of its own: a backup takes its time."""

    def __init__(self, store: SqlStore, settings: UpkeepSettings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        key = signing_key(settings.folder)
        folders = (settings.folder / ANCHORS, *settings.anchor_folders)
        last, _ = last_anchor(settings.folder / ANCHORS)
        places = [AnchorFolder(folder, key.public_key()) for folder in folders]
        self._anchoring = Anchoring(store, key, clock, places, last)
        start_ms = clock.mono_ms()
        self._next_ms = {"backup": start_ms, "daily": start_ms + FIRST_MS}

    def tick(self) -> tuple[str, ...]:
        """Sign the head of the audit when it is due, and return what went wrong, for an alarm."""
        return _told(self._anchoring.tick)

    def run_due(self) -> tuple[str, ...]:
        """Do what is due of backup (hourly), check and retention (daily), and return what went wrong, for an alarm."""
        wrong: tuple[str, ...] = ()
        if self._settings.backup_folder is not None and self._is_due("backup", HOUR_MS):
            wrong += _told(self._back_up)
        if self._is_due("daily", DAY_MS):
            wrong += _told(self._look) + _told(self._retain)
        return wrong

    def _is_due(self, name: str, every_ms: int) -> bool:
        if self._clock.mono_ms() < self._next_ms[name]:
            return False
        self._next_ms[name] = self._clock.mono_ms() + every_ms
        return True

    def _back_up(self) -> tuple[str, ...]:
        settings, now_ms = self._settings, self._clock.utc_ms()
        out = settings.backup_folder
        if out is not None:
            out.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = make_backup(settings.folder, out, settings.backup_secret, now_ms, settings.address)
            done = ("centre", "backup", made.file.name, f"SHA-256 {made.sha256}", now_ms)
            self._store.write(lambda transaction: transaction.record(*done))
        return ()

    def _look(self) -> tuple[str, ...]:
        return daily_findings(self._settings.folder, self._settings.address, tuple(self._settings.anchor_folders))

    def _retain(self) -> tuple[str, ...]:
        self._settings.retention(self._store, self._settings.folder, self._clock.utc_ms())
        self._store.lay_ballast()
        return ()


def _told(job: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """Carry out a job and return what went wrong, what it raised too."""
    try:
        return job()
    except (SignalCtrlError, OSError) as error:
        return (str(error),)
