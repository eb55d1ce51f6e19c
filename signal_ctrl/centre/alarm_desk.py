"""Alarms are raised and cleared within the act that finds them; people acknowledge them."""

from dataclasses import replace

from signal_ctrl.centre.alarms import ALARMS, Alarm, AlarmState, Severity
from signal_ctrl.centre.desk import DONE, Desk
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.ports import Importance, Reading, Transaction
from signal_ctrl.domain.errors import ConflictError, NotFoundError

_LIVE = (AlarmState.RAISED.value, AlarmState.ACKNOWLEDGED.value)


class AlarmDesk:
    """What is raised, by kind and subject: while an alarm lasts, raising it again counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def raise_(self, t: Transaction, kind: str, subject: str, severity: Severity, text: str) -> Alarm:
        """Raise an alarm, or count it if it lasts."""
        now_ms = self._desk.now_ms()
        alarm = self._live(t, kind, subject)
        if alarm is None:
            alarm = Alarm(self._desk.new_id("al"), kind, subject, severity, text, now_ms, now_ms)
        else:
            alarm = replace(alarm, times=alarm.times + 1, last_utc_ms=now_ms, text=text, severity=severity)
        t.shelf(ALARMS).put(alarm)
        return alarm

    def clear(self, t: Transaction, kind: str, subject: str, why: str) -> Alarm | None:
        """Clear what lasts of a kind about a subject, because its cause is gone."""
        alarm = self._live(t, kind, subject)
        if alarm is None:
            return None
        return self._cleared(t, alarm, why)

    def acknowledge(self, actor: Actor, alarm_id: str) -> Alarm:
        """Note that somebody has seen an alarm and looks after it.

        Raises: ForbiddenError; NotFoundError; ConflictError if it was acknowledged or is over.
        """
        now_ms = self._desk.now_ms()
        require(actor, Right.HANDLE_ALARMS, now_ms)

        def work(t: Transaction) -> Alarm:
            alarm = alarm_of(t, alarm_id)
            if alarm.state is not AlarmState.RAISED:
                raise ConflictError(f"alarm {alarm_id} is {alarm.state.value} already")
            seen = replace(
                alarm, state=AlarmState.ACKNOWLEDGED, acknowledged_by=actor.login, acknowledged_utc_ms=now_ms
            )
            t.shelf(ALARMS).put(seen)
            t.record(actor.login, "acknowledge alarm", f"alarm {alarm_id}", DONE, now_ms)
            return seen

        return self._desk.act(actor.login, "acknowledge alarm", f"alarm {alarm_id}", work, Importance.ESSENTIAL)

    def clear_by_hand(self, actor: Actor, alarm_id: str, note: str) -> Alarm:
        """Clear an alarm whose end nothing reports. Raises: ForbiddenError; NotFoundError; ConflictError if over."""
        now_ms = self._desk.now_ms()
        require(actor, Right.HANDLE_ALARMS, now_ms)

        def work(t: Transaction) -> Alarm:
            alarm = alarm_of(t, alarm_id)
            if not alarm.live:
                raise ConflictError(f"alarm {alarm_id} is cleared already")
            cleared = self._cleared(t, alarm, f"{actor.login}: {note}")
            t.record(actor.login, "clear alarm", f"alarm {alarm_id}", DONE, now_ms)
            return cleared

        return self._desk.act(actor.login, "clear alarm", f"alarm {alarm_id}", work, Importance.ESSENTIAL)

    def _cleared(self, t: Transaction, alarm: Alarm, why: str) -> Alarm:
        over = replace(alarm, state=AlarmState.CLEARED, cleared_utc_ms=self._desk.now_ms(), cleared_why=why)
        t.shelf(ALARMS).put(over)
        return over

    def _live(self, reading: Reading, kind: str, subject: str) -> Alarm | None:
        return next(iter(reading.shelf(ALARMS).find({"kind": kind, "subject": subject, "state": _LIVE}, limit=1)), None)


def alarm_of(reading: Reading, alarm_id: str) -> Alarm:
    """Return an alarm. Raises: NotFoundError."""
    alarm = reading.shelf(ALARMS).get(alarm_id)
    if alarm is None:
        raise NotFoundError(f"there is no alarm {alarm_id}")
    return alarm


def alarms(reading: Reading, state: str = "live", subject: str = "", limit: int = 200) -> tuple[Alarm, ...]:
    """Return alarms, the youngest first.

    Args: state, `live`, `all`, or one of `AlarmState`; subject, only those about it.
    """
    where: dict[str, str | tuple[str, ...]] = {}
    if state != "all":
        where["state"] = _LIVE if state == "live" else AlarmState(state).value
    if subject:
        where["subject"] = subject
    return reading.shelf(ALARMS).find(where, limit=limit)
