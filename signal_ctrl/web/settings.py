"""How one centre is served."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.watch.past.values import PAST_KEPT_DAYS

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

LOOPBACK: Final[Networks] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class Settings:
    """How one centre is served.

    `production`: no description of the routes, no page that tries them. `secure`: it is reached by HTTPS, so cookies
    are sent over nothing else. `origins`: where pages that may write come from besides the centre itself, as
    `https://centre.example`. `watchers`: from which networks `/metrics` is answered. `open_feeds`: the state of the
    links is published without a login; `publisher`, country of DATEX II's list and name of who publishes it.
    `demo_speed`: every visitor of this machine gets a session without an account, and the clock goes so many times as
    fast as the wall's; None: no demo. `reports`, folder of the bench's reports, and `pictures`, of pictures of
    junctions, `JUNCTION.jpg`, both None for none. `past_days`, how long what was shown is kept, 0: it is not recorded.
    """

    production: bool = True
    secure: bool = True
    origins: frozenset[str] = frozenset()
    watchers: Networks = LOOPBACK
    open_feeds: bool = False
    publisher: tuple[str, str] = ("other", "signal-ctrl")
    demo_speed: float | None = None
    past_days: int = PAST_KEPT_DAYS
    reports: Path | None = None
    pictures: Path | None = None

    @property
    def cookie(self) -> str:
        """The name of the cookie; the prefix binds it to this host, and needs HTTPS."""
        return "__Host-signal-ctrl" if self.secure else "signal-ctrl"


def is_within(address: str, networks: Networks) -> bool:
    """Tell whether an address lies in one of some networks; what is no address does not.

    >>> is_within("127.0.0.1", LOOPBACK), is_within("testclient", LOOPBACK)
    (True, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found.version == network.version and found in network for network in networks)
