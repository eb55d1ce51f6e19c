"""Who is guided now: where each is sent, who asked, and how many there may be. Oldest soft holds give way.

Anybody may ask without a login, so memory has bounds: one asker, by a code of his address, has a share, and there is a
most in all. Beyond his share an asker's own oldest hold gives way to his newest; beyond the most, the oldest of whoever
has most of them. A stranger who asks and asks so pushes out himself, and no driver who asked once.
"""

from array import array
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.road_ways import Trip
from signal_ctrl.parking.guidance.costs import Arrivals
from signal_ctrl.parking.guidance.values import Hold, Request

MOST_GUIDED: Final = 20_000
"""So many drivers are guided at once. [P]"""
MOST_OF_ASKER: Final = 200
"""So many of them by one address, behind which many phones may be. [P]"""


class PackedWay:
    """A way as it is kept for as long as a driver is under way, in some hundred bytes."""

    __slots__ = ("_ends_s", "_figures", "_roads")

    def __init__(self, way: Trip) -> None:
        self._roads, self._ends_s = array("i", way.roads), array("f", way.ends_s)
        self._figures = (way.travel_s, way.sd_s, way.distance_m)

    def trip(self) -> Trip:
        """Return the way."""
        return Trip(*self._figures, tuple(self._roads), tuple(self._ends_s))


@dataclass(frozen=True, slots=True)
class Known:
    """One who was told something. [ms]

    `space`, facility and number that he was told; `asker`, the code of his address.
    """

    request: Request
    space: tuple[str, str]
    way: PackedWay | None
    at_utc_ms: int
    asker: str = ""


class Roll:
    """All who are guided now, each with his hold. Whoever changes it holds a lock."""

    def __init__(self, most: int = MOST_GUIDED, most_of_asker: int = MOST_OF_ASKER) -> None:
        self.most, self.most_of_asker = most, most_of_asker
        self.arrivals = Arrivals()
        self.gave_way = 0
        """How many holds gave way to newer ones since the start."""
        self._known: dict[str, Known] = {}
        self._of_asker: dict[str, dict[str, None]] = {}
        self._askers_with: dict[int, dict[str, None]] = {}
        """Askers by how many they have, those first who have had so many for longest."""
        self._spaces: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Known]:
        """All, those first who have not asked for longest."""
        return iter(tuple(self._known.values()))

    @property
    def spaces(self) -> Set[tuple[str, str]]:
        """Facility and number of the spaces that somebody was told."""
        return self._spaces

    def get(self, guidance_id: str) -> Known | None:
        """Return who is guided under a number."""
        return self._known.get(guidance_id)

    def put(self, known: Known, hold: Hold) -> None:
        """Take somebody in, or in anew; whose hold is the oldest gives way where there is no room."""
        name, asker = known.request.request, known.asker
        self.drop(name)
        own = self._of_asker.get(asker, ())
        while len(own) >= self.most_of_asker:
            self._give_way(asker)
        while len(self._known) >= self.most:
            self._give_way(next(iter(self._askers_with[max(self._askers_with)])))
        self._known[name] = known
        self.arrivals.put(hold)
        if known.space[1]:
            self._spaces.add(known.space)
        self._of_asker.setdefault(asker, {})[name] = None
        self._count(asker, len(self._of_asker[asker]) - 1)

    def drop(self, guidance_id: str) -> None:
        """Forget somebody; nothing happens if he is not known."""
        self.arrivals.drop(guidance_id)
        known = self._known.pop(guidance_id, None)
        if known is None:
            return
        self._spaces.discard(known.space)
        own = self._of_asker[known.asker]
        del own[guidance_id]
        self._count(known.asker, len(own) + 1)
        if not own:
            del self._of_asker[known.asker]

    def expire(self, now_utc_ms: int) -> None:
        """Forget those whose hold has expired. [ms]"""
        for hold in self.arrivals.expire(now_utc_ms):
            self.drop(hold.request)

    def _give_way(self, asker: str) -> None:
        self.drop(next(iter(self._of_asker[asker])))
        self.gave_way += 1

    def _count(self, asker: str, before: int) -> None:
        """Note how many an asker has now, who had another number before."""
        with_before, now = self._askers_with.get(before, {}), len(self._of_asker[asker])
        with_before.pop(asker, None)
        if not with_before:
            self._askers_with.pop(before, None)
        if now:
            self._askers_with.setdefault(now, {})[asker] = None
