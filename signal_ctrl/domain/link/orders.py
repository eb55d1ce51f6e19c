"""Orders: the one document that a cabinet polls. Its canonical bytes are signed, and their hash is its ETag."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, text_of, whole, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.control import ControlMode
from signal_ctrl.domain.link.overrides import LATEST_MS, OverrideOrder, override_document, override_of
from signal_ctrl.domain.plan import SignalPlan, draft_of, signal_document, signal_plan_of
from signal_ctrl.domain.schedule import is_name
from signal_ctrl.domain.site_parts import is_whole

FORMAT: Final = "signal-ctrl orders 1"
MAX_ORDERS_BYTES: Final = 1 << 16
MAX_OVERRIDES: Final = 16
AHEAD_MS: Final = 24 * 3_600_000
"""Orders begin at most so long after they are read, and are valid for at most so long. SAFETY part B. [ms]"""
ADAPTIVE_VALID_MS: Final = 180_000
"""A plan of adaptive control is valid for at most so long. SAFETY part B. [ms]"""
_HEX: Final = frozenset("0123456789abcdef")
_KEYS: Final = (
    "format", "cabinet", "epoch", "revision", "site_sha256", "plan", "plan_sha256", "adaptive",
    "not_before_utc_ms", "valid_until_utc_ms", "commit", "committed", "overrides",
)  # fmt: skip
_CONTROL: Final = "control"
"""A key that stands there only where somebody else than the plan alone decides."""


class Version(NamedTuple):
    """Which orders are newer: the epoch of the centre that made them, then their number. Compared in this order.

    >>> Version(1, 9) < Version(2, 1)
    True
    """

    epoch: int
    revision: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.revision}"


@dataclass(frozen=True, slots=True)
class Orders:
    """What a cabinet is to do: its plan (None: the schedule of its own) and the overrides for it. [ms]

    The plan is for `not_before_utc_ms` <= now < `valid_until_utc_ms`; `adaptive` says that adaptive control made it.
    `commit` is the change of a corridor that it belongs to, empty if it stands alone; it is followed only once
    `committed`. Overrides are in force by their own times, whatever becomes of the plan; so is `control`, who decides.
    """

    cabinet: str
    version: Version
    site_sha256: str
    plan: SignalPlan | None
    not_before_utc_ms: int
    valid_until_utc_ms: int
    adaptive: bool = False
    commit: str = ""
    committed: bool = False
    overrides: tuple[OverrideOrder, ...] = ()
    control: ControlMode = ControlMode.PLAN

    def __post_init__(self) -> None:
        if not is_name(self.cabinet):
            raise InvalidInputError(f"'{self.cabinet}' cannot name a cabinet: letters, digits, '.', '_' and '-'")
        if not all(is_whole(number, (1, 1 << 53)) for number in self.version):
            raise self._fail(f"epoch and revision are whole numbers from 1 on, got {tuple(self.version)}")
        if not is_sha256(self.site_sha256) or (self.plan is not None and self.plan.site != self.site_sha256):
            raise self._fail("the hash of the site is none, or its plan is made for another site")
        self._check_times()
        if bool(self.commit) and not is_name(self.commit):
            raise self._fail(f"'{self.commit}' cannot name a change of a corridor")
        if self.committed and not self.commit:
            raise self._fail("'committed' is of a change of a corridor, and none is named")
        ids = [override.override_id for override in self.overrides]
        if len(ids) > MAX_OVERRIDES or len(set(ids)) != len(ids):
            raise self._fail(f"at most {MAX_OVERRIDES} overrides, each once")

    def _check_times(self) -> None:
        times_ms = (self.not_before_utc_ms, self.valid_until_utc_ms)
        if not all(is_whole(t, (0, LATEST_MS)) for t in times_ms):
            raise self._fail("not_before_utc_ms and valid_until_utc_ms are whole milliseconds of UTC")
        longest_ms = ADAPTIVE_VALID_MS if self.adaptive else AHEAD_MS
        if not 0 < self.valid_until_utc_ms - self.not_before_utc_ms <= longest_ms:
            raise self._fail(f"valid for more than 0 and at most {longest_ms // 1000} s, got {times_ms}")

    def _fail(self, text: str) -> InvalidInputError:
        return InvalidInputError(f"orders of cabinet {self.cabinet}: {text}")

    @property
    def plan_sha256(self) -> str:
        """The SHA-256 of the plan's canonical document in hex, empty without a plan."""
        return "" if self.plan is None else signal_plan_hash(self.plan)

    @property
    def may_activate(self) -> bool:
        """Whether the plan stands alone or the change that it belongs to is committed."""
        return self.committed or not self.commit


def signal_plan_hash(plan: SignalPlan) -> str:
    """Return the SHA-256 of the canonical document of one signal's plan, in hex."""
    return hashlib.sha256(canonical(signal_document(plan)).encode()).hexdigest()


def is_sha256(text: object) -> bool:
    """Return whether a value is a SHA-256 in lower-case hex."""
    return isinstance(text, str) and len(text) == 64 and _HEX.issuperset(text)


def orders_to_bytes(orders: Orders) -> bytes:
    """Return the canonical document: sorted keys, no spaces, ASCII."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "cabinet": orders.cabinet,
        "epoch": orders.version.epoch,
        "revision": orders.version.revision,
        "site_sha256": orders.site_sha256,
        "plan": None if orders.plan is None else signal_document(orders.plan),
        "plan_sha256": orders.plan_sha256,
        "adaptive": orders.adaptive,
        "not_before_utc_ms": orders.not_before_utc_ms,
        "valid_until_utc_ms": orders.valid_until_utc_ms,
        "commit": orders.commit,
        "committed": orders.committed,
        "overrides": [override_document(override) for override in orders.overrides],
    }
    if orders.control is not ControlMode.PLAN:
        document[_CONTROL] = orders.control.value
    return canonical(document).encode()


def orders_from_bytes(data: bytes) -> Orders:
    """Return the orders of a document, whole or not at all.

    Raises: InvalidInputError if it is too long, cut off, not canonical, or not valid.
    """
    if len(data) > MAX_ORDERS_BYTES:
        raise InvalidInputError(f"orders of more than {MAX_ORDERS_BYTES} bytes")
    try:
        orders = _orders(read_document(data.decode("ascii"), "orders", FORMAT))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"no orders: {why(error)}") from error
    if orders_to_bytes(orders) != data:
        raise InvalidInputError("no orders: not in canonical form, or the hash of the plan is wrong")
    return orders


def etag_of(data: bytes) -> str:
    """Return the strong ETag of orders, without its quotes: the SHA-256 of their canonical bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def _orders(document: dict[str, Any]) -> Orders:
    exactly(document, (*_KEYS, _CONTROL) if _CONTROL in document else _KEYS)
    plan = document["plan"]
    return Orders(
        cabinet=text_of(document["cabinet"]),
        version=Version(whole(document["epoch"]), whole(document["revision"])),
        site_sha256=text_of(document["site_sha256"]),
        plan=None if plan is None else signal_plan_of(draft_of(plan)),
        not_before_utc_ms=whole(document["not_before_utc_ms"]),
        valid_until_utc_ms=whole(document["valid_until_utc_ms"]),
        adaptive=_flag(document["adaptive"]),
        commit=document["commit"] and text_of(document["commit"]),
        committed=_flag(document["committed"]),
        overrides=tuple(override_of(item) for item in items_of(document["overrides"])),
        control=ControlMode(document.get(_CONTROL, ControlMode.PLAN.value)),
    )


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r:.40} is neither true nor false")
    return value
