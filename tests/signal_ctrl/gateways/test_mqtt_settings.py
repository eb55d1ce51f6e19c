"""Settings of a broker: what a file says, what it may not say, and that secrets stay private."""

from pathlib import Path

import pytest

from detectors.live.mailbox import WhenFull
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.mqtt_settings import MqttSettings, QueueBounds, Tls, read_mqtt_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    secret = tmp_path / "secret.toml"
    secret.write_text('username = "centre"\npassword = "p4ss-w0rd"\n')
    secret.chmod(0o600)
    return tmp_path / "broker.toml"


def settings(file: Path, text: str) -> MqttSettings:
    file.write_text(text)
    return read_mqtt_settings(file)


def test_a_host_is_enough(file: Path) -> None:
    found = settings(file, 'host = "127.0.0.1"\n')
    assert (found.port, found.topic, found.queue, found.tls) == (1883, "signal-ctrl", QueueBounds(), None)
    assert found.where == "127.0.0.1:1883"


def test_everything_that_a_file_may_say(file: Path) -> None:
    found = settings(
        file,
        'host = "localhost"\nport = 2000\ntopic = "city"\nclient_id = "c"\nkeepalive_s = 9\nsession_s = 60\n'
        'retry_s = [0.5, 7]\ncredentials = "secret.toml"\n'
        '[queue]\nmessages = 5\nbytes = 70000\nwhen_full = "drop-oldest"\n',
    )
    assert found == MqttSettings(
        "localhost", 2000, "city", "c", 9, 60, (0.5, 7.0), "centre", "p4ss-w0rd", None,
        QueueBounds(5, 70_000, WhenFull.DROP_OLDEST),
    )  # fmt: skip
    assert "p4ss" not in repr(found)


def test_a_source_is_named_by_its_topic() -> None:
    own = MqttSettings("localhost", 1883, topic="city")
    assert own.events_topic("cabinet-7") == "city/cabinet-7/events"
    assert own.source_of("city/cabinet-7/events") == "cabinet-7"
    for other in ("city/cabinet-7", "town/cabinet-7/events", "city/a/b/events", "city/a/status", ""):
        assert own.source_of(other) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "host is missing"),
        ("host = 7", "host is missing or no text"),
        ('host = "h"\nport = 0', "port lies in 1 to 65535"),
        ('host = "h"\nport = "1883"', "port is a whole number"),
        ('host = "h"\nprt = 1', "has no key 'prt'"),
        ('host = "h"\ntopic = "a/+"', "topic is one word"),
        ('host = "h"\nkeepalive_s = 1', "keepalive_s lies in"),
        ('host = "h"\nsession_s = -1', "session_s lies in"),
        ('host = "h"\nretry_s = 5', "retry_s is"),
        ('host = "h"\nretry_s = [9, 1]', "retry_s is"),
        ('host = "h"\nqueue = 5', "queue is a table"),
        ('host = "h"\n[queue]\nsize = 5', "[queue] has no key 'size'"),
        ('host = "h"\n[queue]\nmessages = 0', "messages lie in"),
        ('host = "h"\n[queue]\nwhen_full = "panic"', "drop-oldest or block"),
        ('host = "h"\n[tls]\nca = "nowhere.pem"', "there is no file"),
        ('host = "h"\n[tls]\nkey = "secret.toml"', "certificate and key together"),
        ('host = "h"\ncredentials = "nowhere"', "cannot read"),
        ('host = "h"\ncredentials = "secret.toml"', "in clear: add a [tls] table"),
        ("host = ", "no TOML"),
        pytest.param(f"port = {'9' * 5000}", "too many digits", id="5000 digits"),
        pytest.param(f"host = {'[' * 5000}", "nested too deeply", id="5000 brackets"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_file(file: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        settings(file, text)
    assert words in str(caught.value) and str(file) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_secrets_that_others_may_read_are_refused(file: Path, mode: int) -> None:
    (file.parent / "secret.toml").chmod(mode)
    with pytest.raises(InvalidInputError, match="chmod 600"):
        settings(file, 'host = "localhost"\ncredentials = "secret.toml"\n')


@pytest.mark.parametrize(
    "text", ['username = "u"', 'username = "u"\npassword = ""', 'username = "u"\npassword = "p"\nx = 1']
)
def test_a_file_of_secrets_holds_two_texts_and_is_never_quoted(file: Path, text: str) -> None:
    (file.parent / "secret.toml").write_text(text.replace('"u"', '"hush"'))
    with pytest.raises(InvalidInputError, match="username and password") as caught:
        settings(file, 'host = "localhost"\ncredentials = "secret.toml"\n')
    assert "hush" not in str(caught.value)


def test_files_of_tls_that_are_none_are_one_line(file: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot use ca"):
        Tls(ca=file.parent / "secret.toml").context()
