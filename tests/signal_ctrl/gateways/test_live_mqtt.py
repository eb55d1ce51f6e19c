"""Live data over a real broker: nothing twice, nothing silently lost, whatever broker, network and reader do."""

import json
import random
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.broker import Broker, broker, free_port
from detectors.live.mailbox import WhenFull
from detectors.live.message import MAX_BYTES
from detectors.live.stream import LiveStream, SourceReport
from detectors.live.told import Told
from signal_ctrl.domain.errors import BackendError, BackendLostError
from signal_ctrl.gateways.live_session import LiveSession
from signal_ctrl.gateways.mqtt_link import MAX_PACKET, MqttLink
from signal_ctrl.gateways.mqtt_settings import MqttSettings, Tls, read_mqtt_settings
from tests.detectors.live.wire import events_of
from tests.patience import PATIENCE_S, until
from tests.signal_ctrl.gateways.brokers import (
    QUICK,
    bounds,
    listening,
    message,
    needs_broker,
    sending,
    settings_of,
    taken,
)

pytestmark = [needs_broker, pytest.mark.slow]


@pytest.fixture
def own() -> Iterator[Broker]:
    with broker() as running:
        yield running


def report_of(session: LiveSession, name: str = "c") -> SourceReport:
    return next(one for one in session.stream.report(time.time()) if one.name == name)


def heard(session: LiveSession, messages: int) -> Callable[[], bool]:
    """Return whether so many messages of the source have been taken in, as a question."""
    return lambda: bool(session.stream.report(0)) and report_of(session).messages == messages


def test_an_offset_is_found_in_real_time(own: Broker) -> None:
    session = LiveSession()
    with listening(settings_of(own)) as inbox, sending(settings_of(own)) as link:
        for number in range(1, 16):
            link.publish("signal-ctrl/c/events", message(number, at_s=time.time() + 2.0))
            taken(inbox, session, heard(session, number))
            time.sleep(0.12)
        taken(inbox, session, lambda: session.events == 45)
    report = report_of(session)
    assert report.correction_s == pytest.approx(-2.0, abs=0.11)
    assert (report.refused, report.late) == ({}, 0)


def send_slowly(link: MqttLink, total: int) -> None:
    for number in range(1, total + 1):
        link.publish("signal-ctrl/c/events", message(number))
        time.sleep(0.02)


def through_a_restart(session: LiveSession, total: int, orderly: bool) -> list[Told]:
    """Send messages while the broker is ended and started again after the fortieth; return what was told."""
    told = list[Told]()
    with broker(keeps=True) as own, listening(settings_of(own)) as inbox, sending(settings_of(own)) as link:

        def take_in() -> bool:
            arrived = inbox.take(0.05)
            if arrived is not None:
                session.receive(arrived.source, arrived.payload, arrived.arrival_s)
            told.extend(session.turn(time.time()))
            return arrived is not None

        sender = threading.Thread(target=send_slowly, args=(link, total))
        sender.start()
        while not heard(session, 40)():
            take_in()
        own.stop() if orderly else own.kill()
        time.sleep(0.3)
        own.start()
        while sender.is_alive():
            take_in()
        sender.join()
        assert link.flush() == 0
        while any([take_in() for _ in range(30)]):  # a clock would count what the machine takes as quiet, too
            pass
        assert (link.connections, inbox.link.connections) == (2, 2)
    return told + session.stream.end(time.time())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("orderly", [True, False])
def test_a_broker_that_goes_and_comes_loses_nothing_untold(orderly: bool) -> None:
    total, session = 120, LiveSession()
    told = through_a_restart(session, total, orderly)
    numbers = [event.parameter for event in events_of(told) if not event.late]
    assert numbers == sorted(numbers)
    delivered = {event.parameter for event in events_of(told)}
    missing = {n for a, b in report_of(session).missing for n in range(a, b + 1)}
    assert len(events_of(told)) == 3 * len(delivered)
    assert not delivered & missing
    assert delivered | missing == set(range(1, max(delivered) + 1))
    assert max(delivered) > 60  # it goes on behind the restart
    if orderly:
        assert delivered == set(range(1, total + 1))


def test_a_slow_reader_leaves_the_rest_with_the_broker(own: Broker) -> None:
    settings, session = settings_of(own, bounds(20, WhenFull.BLOCK)), LiveSession()
    with listening(settings) as inbox, sending(settings) as link:
        for number in range(1, 301):
            link.publish("signal-ctrl/c/events", message(number))
        assert link.flush() == 0  # the broker has them all
        until(lambda: len(inbox) >= 20, "a full inbox")
        time.sleep(0.3)
        assert len(inbox) == 20
        taken(inbox, session, heard(session, 300))
    assert (inbox.dropped, inbox.fullest) == (0, 20)
    assert (report_of(session).missing_messages, report_of(session).duplicates) == (0, 0)


def test_or_the_oldest_make_room_and_are_told(own: Broker) -> None:
    settings, session = settings_of(own, bounds(50, WhenFull.DROP_OLDEST)), LiveSession()
    with listening(settings) as inbox, sending(settings) as link:
        for number in range(1, 21):
            link.publish("signal-ctrl/c/events", message(number))
        taken(inbox, session, heard(session, 20))
        for number in range(21, 321):
            link.publish("signal-ctrl/c/events", message(number))
        assert link.flush() == 0
        until(lambda: inbox.dropped >= 250, "the last message")
        taken(inbox, session, lambda: len(inbox) == 0)
        session.end(time.time())
    assert inbox.fullest == 50 and inbox.dropped == 250
    assert report_of(session).missing == ((21, 270),)
    assert report_of(session).messages == 70


def test_a_flood_of_ten_times_the_rate_stays_within_bounds(own: Broker) -> None:
    settings, session, numbers = settings_of(own, bounds(200, WhenFull.DROP_OLDEST)), LiveSession(), [0]
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with listening(settings) as inbox, sending(settings) as link:

        def send() -> None:
            for rate, lasts_s in ((60, 0.5), (600, 1.5), (60, 0.5)):
                for _ in range(int(rate * lasts_s)):
                    numbers[0] += 1
                    link.publish("signal-ctrl/c/events", message(numbers[0], rows=20))
                    time.sleep(0.8 / rate)

        def is_under_way() -> bool:
            return sum(one.messages for one in session.stream.report(0)) + inbox.dropped < numbers[0]

        sender = threading.Thread(target=send)
        sender.start()
        end_s = time.monotonic() + PATIENCE_S
        while sender.is_alive() or (is_under_way() and time.monotonic() < end_s):
            arrived = inbox.take(0.05)  # a reader that keeps pace with twice the usual rate
            if arrived is not None:
                session.receive(arrived.source, arrived.payload, arrived.arrival_s)
                time.sleep(0.008)
            session.turn(time.time())
        session.end(time.time())
    report = report_of(session)
    assert inbox.fullest <= 200 and inbox.dropped > 0
    assert report.messages + report.missing_messages == numbers[0] == 960
    assert report.messages + inbox.dropped == numbers[0]
    assert session.events + sum(report.refused.values()) == 20 * report.messages
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    assert grown_kib < 60 * 1024


def test_hostile_messages_are_refused_and_counted_and_the_rest_goes_on(own: Broker) -> None:
    settings, session = settings_of(own), LiveSession()
    good = json.loads(message(1))
    hostile = {
        "json": [b"", b"\xff", b"[" * 50_000, random.Random(1).randbytes(900), b'{"a":1,"a":2}'],
        "form": [b"{}", json.dumps({**good, "events": [[1]]}).encode()],
        "range": [json.dumps({**good, "sequence": -1}).encode()],
        "size": [b" " * (MAX_BYTES + 1)],
    }
    with listening(settings) as inbox, sending(settings) as link:
        for payload in (p for group in hostile.values() for p in group):
            link.publish("signal-ctrl/c/events", payload)
        link.publish("signal-ctrl/c/events", b"x" * (MAX_PACKET + 100))  # the broker does not even pass it on
        link.publish("signal-ctrl//events", message(1))
        for number in range(1, 31):
            link.publish("signal-ctrl/c/events", message(number))
            time.sleep(0.01)
        taken(inbox, session, heard(session, 30))
        session.end(time.time())
    assert report_of(session).refused == {why: len(group) for why, group in hostile.items()}
    assert (session.events, session.stream.unnamed) == (90, 1)


def test_the_broker_keeps_what_comes_while_nobody_listens(own: Broker) -> None:
    settings, session = settings_of(own), LiveSession(stream=LiveStream())
    with sending(settings) as link:
        with listening(settings) as inbox:
            for number in range(1, 11):
                link.publish("signal-ctrl/c/events", message(number))
            taken(inbox, session, heard(session, 10))
        for number in range(11, 21):
            link.publish("signal-ctrl/c/events", message(number))
        link.flush()
        with listening(settings) as inbox:
            taken(inbox, session, heard(session, 20))
    assert report_of(session).missing == ()


def test_no_broker_is_one_line() -> None:
    link = MqttLink(MqttSettings("127.0.0.1", free_port()), random.random)
    with pytest.raises(BackendLostError, match="no broker at"):
        link.open()


def test_a_wrong_password_is_one_line_and_the_right_one_works(tmp_path: Path) -> None:
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("there is no mosquitto_passwd")
    users = tmp_path / "users"
    subprocess.run([program, "-b", "-c", str(users), "centre", "right"], check=True, capture_output=True)
    users.chmod(0o644)
    tmp_path.chmod(0o755)
    with broker(("allow_anonymous false", f"password_file {users}")) as own:
        for password in ("right", "wrong"):
            link = MqttLink(
                MqttSettings("127.0.0.1", own.port, username="centre", password=password, retry_s=QUICK), random.random
            )
            if password == "right":
                link.open()
                link.close()
                continue
            with pytest.raises(BackendError, match="look at credentials") as caught:
                link.open(2.0)
            assert "wrong" not in str(caught.value)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "ca.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")  # paho forgets the socket that it gave up
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_checks_who_the_broker_is(certificates: Path) -> None:
    ca, key = certificates / "ca.pem", certificates / "key.pem"
    key.chmod(0o644)  # mosquitto may have given up its rights when it reads it
    with broker(("allow_anonymous true", f"certfile {ca}", f"keyfile {key}", "tls_version tlsv1.3")) as own:
        toml = certificates / "broker.toml"
        toml.write_text(f'host = "127.0.0.1"\nport = {own.port}\n[tls]\nca = "ca.pem"\n')
        link = MqttLink(read_mqtt_settings(toml), random.random)
        link.open()
        link.publish("signal-ctrl/c/events", message(1))
        assert link.flush() == 0
        link.close()
        unknown = MqttLink(MqttSettings("127.0.0.1", own.port, tls=Tls()), random.random)
        with pytest.raises(BackendLostError, match="certificate"):
            unknown.open()
