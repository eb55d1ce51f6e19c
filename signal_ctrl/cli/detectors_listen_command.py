"""`signal-ctrl detectors listen`: detector events from the street, over MQTT."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    import threading

    from signal_ctrl.cli.detectors_live_output import Show
    from signal_ctrl.gateways.live_session import LiveSession
    from signal_ctrl.gateways.mqtt_inbox import MqttInbox
    from signal_ctrl.gateways.mqtt_settings import MqttSettings

AT_ONCE = 500
"""Messages that are taken in before what is in its turn is let out."""


def listen(
    *,
    mqtt: Annotated[Path, typer.Option(help="TOML file: host, port, topic, credentials, tls, queue.")],
    layout: Annotated[
        Path | None,
        typer.Option(help="Loops to judge: E1 definitions as 'scenarios import' writes them.", show_default=False),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="Network of the loops: name or .sumocfg; with it they judge each other.", show_default=False),
    ] = None,
    for_: Annotated[
        float | None, typer.Option("--for", help="Stop after so many seconds; else with Ctrl-C.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the events to this CSV file.", show_default=False)] = None,
    bins: Annotated[
        Path | None, typer.Option(help="Write bins of each loop to this CSV file.", show_default=False)
    ] = None,
    period: Annotated[int, typer.Option(help="Length of a bin, s.")] = 60,
    hold: Annotated[float, typer.Option(help="How long a missing message is waited for, s.")] = 2.0,
    clock: Annotated[
        str, typer.Option(help="machine: arrivals by this machine's clock; stream: by the messages, for replays.")
    ] = "machine",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> int:
    """Take in the events that sources publish at a broker: in order, once each, on one clock, with their gaps."""
    from signal_ctrl.cli.detectors_live_input import session_of
    from signal_ctrl.cli.detectors_live_output import put_end
    from signal_ctrl.gateways.mqtt_settings import read_mqtt_settings

    if clock not in ("machine", "stream"):
        raise InvalidInputError(f"--clock is machine or stream, not {clock}")
    if for_ is not None and not 0 < for_ <= 1e8:
        raise InvalidInputError("--for is a number of seconds above 0")
    settings = read_mqtt_settings(mqtt)
    session, left_out = session_of(layout, scenario, (out, bins), period, hold, overwrite)
    session.by_stream = clock == "stream"
    inbox = _inbox(settings)
    since_s = _until_stopped(inbox, session, for_, json_)
    more = {
        "broker": settings.where,
        "connections": inbox.link.connections,
        "queue": {"fullest": inbox.fullest, "dropped": inbox.dropped},
    }
    put_end(session, session.now_s(inbox.now_s()), since_s, left_out, more, json_)
    return 0


def _inbox(settings: "MqttSettings") -> "MqttInbox":
    """Return an inbox by the wall clock of now and a clock that nobody can set."""
    import random
    import time

    from signal_ctrl.gateways.mqtt_inbox import MqttInbox

    ahead_s = time.time() - time.monotonic()
    return MqttInbox(settings, lambda: time.monotonic() + ahead_s, random.random)


def _until_stopped(inbox: "MqttInbox", session: "LiveSession", for_s: float | None, quiet: bool) -> float:
    """Listen until it is time to stop, and end the files; return for how long. [s]"""
    from signal_ctrl.cli.detectors_live_input import stopping
    from signal_ctrl.cli.detectors_live_output import live_table

    try:
        with stopping() as stop, live_table(quiet) as show:
            inbox.open()
            if not quiet:
                say(f"listening at {inbox.link.settings.where}; Ctrl-C ends it")
            try:
                since_s = _listened(inbox, session, stop, show, for_s)
            finally:
                inbox.close()
        session.end(inbox.now_s())
    except BaseException:
        session.abandon()
        raise
    return since_s


def _listened(
    inbox: "MqttInbox", session: "LiveSession", stop: "threading.Event", show: "Show", for_s: float | None
) -> float:
    """Listen until it is time to stop; return for how long. [s]"""
    begin_s = now_s = inbox.now_s()
    while not stop.is_set() and (for_s is None or now_s - begin_s < for_s):
        arrived, taken = inbox.take(0.1), 0
        while arrived is not None:
            session.receive(arrived.source, arrived.payload, arrived.arrival_s)
            taken += 1
            arrived = inbox.take(0.0) if taken < AT_ONCE else None
        now_s = inbox.now_s()
        session.turn(now_s)
        show(session, session.now_s(now_s), now_s - begin_s)
    return now_s - begin_s
