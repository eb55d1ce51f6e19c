"""How often somebody may ask: buckets of tokens that fill with time, and delays that grow with failures."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

MOST_KEYS: Final = 50_000
FAILURES_FREE: Final = 5
"""Failures without a delay."""
FAILURES_LOCK: Final = 20
"""Failures after which nobody gets in until an administrator resets the account."""
FIRST_DELAY_MS: Final = 30_000
LONGEST_DELAY_MS: Final = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How often: `per_s` on average, `burst` at once."""

    per_s: float
    burst: int


LOGIN_PER_ACCOUNT: Final = Rate(5 / 60, 5)
LOGIN_PER_ADDRESS: Final = Rate(30 / 60, 30)
OPERATOR: Final = Rate(10, 20)
"""A page that is loaded anew asks for all that it shows once more, right after it did."""
CABINET: Final = Rate(5, 20)
FEED: Final = Rate(10, 60)
PAST: Final = Rate(2, 8)
"""Questions about the past, by account: each reads some minutes of it."""
OPEN: Final = Rate(0.5, 5)
"""What is open to everybody, by address: it changes no more often than three times a minute."""


class Buckets:
    """One bucket a key. Buckets used longest ago are forgotten beyond `MOST_KEYS`; they would be nearly full."""

    def __init__(self, rate: Rate, most_keys: int = MOST_KEYS) -> None:
        self.rate = rate
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now_mono_ms: int) -> int:
        """Take one token and return 0, or, where there is none, when there will be one. [ms] Any thread may."""
        with self._lock:
            return self._take(key, now_mono_ms)

    def _take(self, key: str, now_mono_ms: int) -> int:
        tokens, since_ms = self._buckets.get(key, (float(self.rate.burst), now_mono_ms))
        passed_s = max(0, now_mono_ms - since_ms) / 1000
        tokens = min(float(self.rate.burst), tokens + passed_s * self.rate.per_s)
        wait_ms = 0 if tokens >= 1 else math.ceil((1 - tokens) / self.rate.per_s * 1000)
        self._buckets[key] = (tokens - 1 if not wait_ms else tokens, now_mono_ms)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return wait_ms


@lru_cache(4096)
def household(address: str) -> str:
    """Return what counts as one address: of IPv6 the first 64 bits, which one who asks has all to himself.

    Source: RFC 6177, end sites get a /64 or more.

    >>> household("192.0.2.7"), household("2001:db8:1:2:3::9"), household("::ffff:192.0.2.7"), household("unknown")
    ('192.0.2.7', '2001:db8:1:2::', '192.0.2.7', 'unknown')
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False).network_address)


def delay_ms(failures: int) -> int:
    """Return how long nobody may try after so many failures in a row. [ms]

    >>> [delay_ms(n) // 1000 for n in (4, 5, 6, 9, 10, 19)]
    [0, 30, 60, 480, 900, 900]
    """
    if failures < FAILURES_FREE:
        return 0
    return int(min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FAILURES_FREE)))
