"""After a restore from a backup no override is in force: some were released since, and nobody knows which."""

from dataclasses import replace
from typing import Final

from signal_ctrl.centre.desk import CENTRE
from signal_ctrl.centre.override_values import OVERRIDES, Override, OverrideState
from signal_ctrl.centre.ports import Transaction

RESTORED: Final = "the centre was restored from a backup; issue it again if it is still needed"
_LIVE: Final = tuple(state.value for state in OverrideState if state.live)


def end_restored_overrides(t: Transaction, at_utc_ms: int) -> None:
    """End every override that a backup holds as live: expired where its expiry has passed, else released. [ms]"""
    for override in t.shelf(OVERRIDES).find({"state": _LIVE}):
        over = _ended(override, at_utc_ms)
        t.shelf(OVERRIDES).put(over)
        t.record(CENTRE, "end override", f"override {over.override_id}", f"{over.state.value}: {RESTORED}", at_utc_ms)


def _ended(override: Override, at_utc_ms: int) -> Override:
    if override.state is not OverrideState.ACTIVE:
        return replace(override, state=OverrideState.LAPSED, ended_utc_ms=at_utc_ms, ended_by=CENTRE, why=RESTORED)
    end_ms = override.document.end_utc_ms
    state = OverrideState.EXPIRED if at_utc_ms >= end_ms else OverrideState.RELEASED
    return replace(override, state=state, ended_utc_ms=min(at_utc_ms, end_ms), ended_by=CENTRE, why=RESTORED)
