"""Alarms are raised and cleared within the act that finds them; people acknowledge them."""

from collections.abc import Collection, Mapping
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
        return self.raise_all(t, kind, severity, {subject: text})[0]

    def raise_all(self, t: Transaction, kind: str, severity: Severity, texts: Mapping[str, str]) -> list[Alarm]:
        """Raise an alarm of one kind about each of many subjects, with a few statements."""
        now_ms, live, raised = self._desk.now_ms(), self._live(t, kind, texts), []
        for subject, text in texts.items():
            alarm = live.get(subject)
            if alarm is None:
                alarm = Alarm(self._desk.new_id("al"), kind, subject, severity, text, now_ms, now_ms)
            else:
                alarm = replace(alarm, times=alarm.times + 1, last_utc_ms=now_ms, text=text, severity=severity)
            raised.append(alarm)
        t.shelf(ALARMS).put_all(raised)
        return raised

    def clear(self, t: Transaction, kind: str, subject: str, why: str) -> Alarm | None:
        """Clear what lasts of a kind about a subject, because its cause is gone."""
        return next(iter(self.clear_all(t, kind, [subject], why)), None)

    def clear_all(self, t: Transaction, kind: str, subjects: Collection[str], why: str) -> list[Alarm]:
        """Clear what lasts of a kind about many subjects, with a few statements; return what was cleared."""
        over = [self._over(alarm, why) for alarm in self._live(t, kind, subjects).values()]
        t.shelf(ALARMS).put_all(over)
        return over

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
        over = self._over(alarm, why)
        t.shelf(ALARMS).put(over)
        return over

    def _over(self, alarm: Alarm, why: str) -> Alarm:
        return replace(alarm, state=AlarmState.CLEARED, cleared_utc_ms=self._desk.now_ms(), cleared_why=why)

    def _live(self, reading: Reading, kind: str, subjects: Collection[str]) -> dict[str, Alarm]:
        """Return what lasts of a kind, by subject."""
        wanted = {"kind": kind, "subject": tuple(subjects), "state": _LIVE}
        found = reading.shelf(ALARMS).find(wanted, limit=len(subjects))
        return {alarm.subject: alarm for alarm in found}


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
