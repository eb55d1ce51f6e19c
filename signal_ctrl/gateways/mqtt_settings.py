"""How to reach a broker: a TOML file of the operator, with the secrets in files that only their owner may read."""

import ipaddress
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detectors.live.mailbox import WhenFull
from detectors.live.message import is_name
from signal_ctrl.domain.documents import is_number, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.whole_file import read_whole

_MAX_BYTES: Final = 1 << 16
_KEYS: Final = {
    "": ("host", "port", "topic", "client_id", "keepalive_s", "session_s", "retry_s", "credentials", "tls", "queue"),
    "tls": ("ca", "certificate", "key"),
    "queue": ("messages", "bytes", "when_full"),
}


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of the encrypted connection: who is trusted (empty: the system's), and who we are."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context of TLS 1.3 that checks the broker's name. Raises: InvalidInputError for a bad file."""
        try:
            context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            if self.certificate is not None:
                context.load_cert_chain(str(self.certificate), None if self.key is None else str(self.key))
        except (OSError, ssl.SSLError) as error:
            raise InvalidInputError(f"[tls]: cannot use ca, certificate or key: {error}") from error
        return context


@dataclass(frozen=True, slots=True)
class QueueBounds:
    """How much may wait between the network and the engine, and what happens then."""

    messages: int = 2000
    bytes: int = 16 << 20
    when_full: WhenFull = WhenFull.BLOCK

    def __post_init__(self) -> None:
        if not (1 <= self.messages <= 65_535 and (1 << 16) <= self.bytes <= (1 << 30)):
            raise InvalidInputError("[queue]: messages lie in 1 to 65535, bytes in 65536 to 1073741824")


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """A broker and our session there. Messages of a source lie under `TOPIC/SOURCE/events`. [s]

    `retry_s`: shortest and longest wait before another try. `credentials` are kept out of every text of ours.
    """

    host: str
    port: int
    topic: str = "signal-ctrl"
    client_id: str = "signal-ctrl"
    keepalive_s: int = 30
    session_s: int = 86_400
    retry_s: tuple[float, float] = (1.0, 60.0)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    queue: QueueBounds = QueueBounds()

    def __post_init__(self) -> None:
        least_s, most_s = self.retry_s
        checks = (
            (is_name(self.host), "host is the name of a machine"),
            (1 <= self.port <= 65_535, "port lies in 1 to 65535"),
            (is_name(self.topic) and not set("+#/") & set(self.topic), "topic is one word without +, # and /"),
            (is_name(self.client_id), "client_id is a name of at most 64 characters"),
            (5 <= self.keepalive_s <= 3600, "keepalive_s lies in 5 to 3600"),
            (0 <= self.session_s <= 30 * 86_400, "session_s lies in 0 to 2592000"),
            (0.05 <= least_s <= most_s <= 3600, "retry_s is [shortest, longest], from 0.05 to 3600"),
        )
        wrong = [words for holds, words in checks if not holds]
        if wrong:
            raise InvalidInputError(wrong[0])
        if self.password is not None and self.tls is None and not is_loopback(self.host):
            raise InvalidInputError("credentials would cross the network in clear: add a [tls] table")

    def events_topic(self, source: str) -> str:
        """Return the topic of a source's messages; `+` stands for every source."""
        return f"{self.topic}/{source}/events"

    def source_of(self, topic: str) -> str:
        """Return the source that a topic names, empty if it is none of ours."""
        parts = topic.split("/")
        return parts[1] if len(parts) == 3 and parts[0] == self.topic and parts[2] == "events" else ""

    @property
    def where(self) -> str:
        """The broker as people write it."""
        return f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.1")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_mqtt_settings(path: Path) -> MqttSettings:
    """Return the settings of a TOML file; paths in it are seen from its folder.

    Raises: InvalidInputError that names the file, the key and the fix.
    """
    try:
        return _settings(_toml(path), path.parent)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_whole(path, "file", _MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(why(error)) from error


def _settings(document: Mapping[str, Any], folder: Path) -> MqttSettings:
    _check_keys(document)
    tls = _tls(document["tls"], folder) if "tls" in document else None
    username, password = _credentials(document.get("credentials"), folder)
    queue = document.get("queue", {})
    retry = document.get("retry_s", [1.0, 60.0])
    if not (isinstance(retry, list) and len(retry) == 2 and all(map(is_number, retry))):
        raise InvalidInputError("retry_s is [shortest, longest], in seconds")
    return MqttSettings(
        host=_text(document, "host", None),
        port=_whole(document, "port", 1883 if tls is None else 8883),
        topic=_text(document, "topic", "signal-ctrl"),
        client_id=_text(document, "client_id", "signal-ctrl"),
        keepalive_s=_whole(document, "keepalive_s", 30),
        session_s=_whole(document, "session_s", 86_400),
        retry_s=(float(retry[0]), float(retry[1])),
        username=username,
        password=password,
        tls=tls,
        queue=QueueBounds(
            _whole(queue, "messages", 2000),
            _whole(queue, "bytes", 16 << 20),
            _when_full(_text(queue, "when_full", "block")),
        ),
    )


def _check_keys(document: Mapping[str, Any]) -> None:
    for name, keys in _KEYS.items():
        table = document if not name else document.get(name, {})
        if not isinstance(table, dict):
            raise InvalidInputError(f"{name} is a table: [{name}]")
        odd = sorted(table.keys() - set(keys))
        if odd:
            where = f"[{name}] " if name else ""
            raise InvalidInputError(f"{where}has no key '{odd[0]}'; there are {', '.join(keys)}")


def _tls(table: Mapping[str, Any], folder: Path) -> Tls:
    paths = {key: folder / _text(table, key, None) for key in table}
    if ("key" in paths) != ("certificate" in paths):
        raise InvalidInputError("[tls] needs certificate and key together")
    for path in paths.values():
        if not path.is_file():
            raise InvalidInputError(f"[tls]: there is no file {path}")
    if "key" in paths:
        check_private(paths["key"])
    return Tls(paths.get("ca"), paths.get("certificate"), paths.get("key"))


def _credentials(name: Any, folder: Path) -> tuple[str | None, str | None]:
    """Return user name and password of the file that is named, nothing if none is."""
    if name is None:
        return None, None
    if not isinstance(name, str) or not name:
        raise InvalidInputError("credentials is the name of a file")
    path = folder / name
    check_private(path)
    found = _toml(path)
    if found.keys() != {"username", "password"} or not all(isinstance(v, str) and v for v in found.values()):
        raise InvalidInputError(f"{path} needs username and password, each a text, and nothing else")
    return found["username"], found["password"]


def check_private(path: Path) -> None:
    """Check that nobody but its owner may read a file. Raises: InvalidInputError with the command that mends it."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror}") from error
    if mode & 0o077:
        raise InvalidInputError(f"{path} may be read by others (mode {mode:04o}): chmod 600 {path}")


def _when_full(text: str) -> WhenFull:
    try:
        return WhenFull(text)
    except ValueError:
        raise InvalidInputError(f"[queue] when_full is {' or '.join(w.value for w in WhenFull)}") from None


def _text(table: Mapping[str, Any], key: str, default: str | None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not value:
        raise InvalidInputError(f"{key} is missing or no text")
    return value


def _whole(table: Mapping[str, Any], key: str, default: int) -> int:
    value = table.get(key, default)
    if type(value) is not int:
        raise InvalidInputError(f"{key} is a whole number")
    return value
