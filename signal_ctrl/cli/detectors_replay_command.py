"""`signal-ctrl detectors replay`: a log of events played as if it happened now."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detectors.live.sender import Sent
    from signal_ctrl.gateways.mqtt_link import MqttLink


def replay(
    log: Annotated[Path, typer.Argument(help="CSV of time_s,device,code,parameter, or the events.parquet of a run.")],
    *,
    speed: Annotated[str, typer.Option(help="Seconds of the log in one second, or max.")] = "1",
    mqtt: Annotated[
        Path | None,
        typer.Option(help="Publish at this broker (TOML file); else feed the engine's own core.", show_default=False),
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="Move the times so that the log begins now.")] = False,
    source: Annotated[
        str | None, typer.Option(help="One source of all devices; else each device is one.", show_default=False)
    ] = None,
    layout: Annotated[Path | None, typer.Option(help="Without --mqtt: loops to judge.", show_default=False)] = None,
    scenario: Annotated[
        str | None, typer.Option(help="Without --mqtt: network of the loops.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Without --mqtt: write the events.", show_default=False)] = None,
    bins: Annotated[Path | None, typer.Option(help="Without --mqtt: write bins.", show_default=False)] = None,
    period: Annotated[int, typer.Option(help="Length of a bin, s.")] = 60,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> int:
    """Play a log of detector events at any speed: publish it at a broker, or see what the engine makes of it."""
    import secrets
    import time

    from detectors.live.message import is_name
    from detectors.live.sender import messages_of
    from signal_ctrl.gateways.event_log import read_event_log
    from signal_ctrl.gateways.replay import moved

    if mqtt is not None and any(one is not None for one in (layout, scenario, out, bins)):
        raise InvalidInputError("--layout, --scenario, --out and --bins are of the listener where --mqtt is given")
    if source is not None and not is_name(source):
        raise InvalidInputError("--source is a name of at most 64 characters")
    pace = _speed(speed)
    rows = read_event_log(log)
    messages = messages_of(rows, secrets.token_hex(8), source=source)
    if now:
        messages = moved(messages, lambda: round(time.time() * 1000))
    if mqtt is not None:
        return _publish(messages, pace, mqtt, json_)
    return _feed(messages, pace, (layout, scenario, out, bins, period, overwrite), json_)


def _speed(text: str) -> float:
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = math.nan
    if not speed > 0:
        raise InvalidInputError(f"--speed is a number above 0 or max, not {text}")
    return speed


def _feed(messages: "Iterator[Sent]", speed: float, given: tuple[Any, ...], json_: bool) -> int:
    """Play into a session of our own, by the clock of the log."""
    import time

    from signal_ctrl.cli.detectors_live_input import session_of, stopping
    from signal_ctrl.cli.detectors_live_output import live_table, put_end
    from signal_ctrl.gateways.replay import Pace, played

    layout, scenario, out, bins, period, overwrite = given
    session, left_out = session_of(layout, scenario, (out, bins), period, 2.0, overwrite)
    session.by_stream = True
    begin_s = time.monotonic()
    try:
        with stopping() as stop, live_table(json_) as show:
            for sent in played(messages, speed, Pace(time.monotonic, lambda wait_s: not stop.wait(wait_s))):
                session.accept(sent.source, sent.batch, 0.0)
                session.turn(0.0)
                show(session, session.stream_s, time.monotonic() - begin_s)
                if stop.is_set():
                    break
        session.end(0.0)
    except BaseException:
        session.abandon()
        raise
    put_end(session, session.stream_s, time.monotonic() - begin_s, left_out, {}, json_)
    return 0


def _publish(messages: "Iterator[Sent]", speed: float, mqtt: Path, json_: bool) -> int:
    """Play to a broker; every message is sent until the broker has it."""
    import time

    from signal_ctrl.cli.detectors_live_input import stopping
    from signal_ctrl.cli.output import put_json
    from signal_ctrl.domain.errors import BackendError

    link = _link(mqtt)
    begin_s = time.monotonic()
    with stopping() as stop:
        link.open()
        try:
            count, events = _sent(link, messages, speed, stop)
            left = link.flush()
        finally:
            link.close()
    took_s, where = time.monotonic() - begin_s, link.settings.where
    if left:
        raise BackendError(f"the broker at {where} has not acknowledged {left} of {count} messages")
    if json_:
        put_json({"broker": where, "messages": count, "events": events, "seconds": round(took_s, 3)})
    else:
        typer.echo(f"{count} messages with {events} events published at {where} in {took_s:.1f} s")
    return 0


def _link(mqtt: Path) -> "MqttLink":
    """Return a link of a name of its own: a broker knows each name once."""
    import random
    from dataclasses import replace

    from signal_ctrl.gateways.mqtt_link import MqttLink
    from signal_ctrl.gateways.mqtt_settings import read_mqtt_settings

    settings = read_mqtt_settings(mqtt)
    return MqttLink(replace(settings, client_id=f"{settings.client_id[:56]}-replay", session_s=0), random.random)


def _sent(link: "MqttLink", messages: "Iterator[Sent]", speed: float, stop: Any) -> tuple[int, int]:
    import time

    from detectors.live.message import payload_of
    from signal_ctrl.gateways.replay import Pace, played

    count = events = 0
    for sent in played(messages, speed, Pace(time.monotonic, lambda wait_s: not stop.wait(wait_s))):
        link.publish(link.settings.events_topic(sent.source), payload_of(sent.batch))
        count, events = count + 1, events + len(sent.batch.rows)
        if stop.is_set():
            break
    return count, events
