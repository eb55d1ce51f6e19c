"""Which blob is which vehicle: assignment, vehicles that hide behind one another, vehicles that fall into pieces."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from detectors.video.blobs import EDGE_PX, Blob
from detectors.video.plane import Box, box_area_px2, middle, overlap_px2, union
from detectors.video.sizes import Sizes
from detectors.video.track import Track, born

NEVER: Final = 3.0  # the cost of leaving a vehicle without a blob
REACH: Final = 1.2  # sizes that a vehicle may be off its expected place
COVERED: Final = 0.5  # of a vehicle's box inside a blob: it is in there
GROWN: Final = 1.5  # a blob so much wider or higher than the vehicle holds something else too
PIECE_ROOM: Final = 1.25  # pieces are one vehicle if they fit into so much of its box
FREE_EDGE: Final = 0.35  # of the size: an edge of the blob so near to the expected one is the vehicle's own
PART: Final = 0.15  # of a blob's box: smaller vehicles in it are parts of others
SAME: Final = 0.7  # of a vehicle's box in that of an older one in the same blob: both are one
PIECE: Final = 0.5  # of the usual area: what is larger is no piece of another
EVERYWHERE: Final = (-math.inf, -math.inf, math.inf, math.inf)
LOST_S: Final = 0.7
HIDDEN_S: Final = 3.0
YOUNG_LOOKS: Final = 3
ACCEPT_S: Final = 0.4  # a blob that stays too large for so long is the vehicle's true size


class Tracker:
    """The vehicles under way in the picture of one camera."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self.tracks: list[Track] = []
        self.gone: list[Track] = []
        self.merged: dict[int, int] = {}  # in this frame: the vehicle that was a part, and of which
        self._numbers = 0
        self._before_s: float | None = None
        self._swollen_s: dict[int, float] = {}

    def step(self, blobs: Sequence[Blob], now_s: float, picture: Box = EVERYWHERE) -> None:
        """Bring all tracks up to this frame of a picture with these edges. [s, px]"""
        first = self._before_s is None
        self.merged = {}
        dt_s = 0.0 if self._before_s is None else now_s - self._before_s
        self._before_s = now_s
        for track in self.tracks:
            track.predict(dt_s)
        owner = self._assign(blobs)
        pieces = self._pieces(blobs, owner)
        groups = self._groups(blobs, owner)
        for at, blob in enumerate(blobs):
            if groups[at]:
                whole = _joined(blob, [blobs[i] for i in pieces.get(groups[at][0].number, [])]) if at in owner else blob
                self._fill(groups[at], whole, at in owner, now_s, picture)
        taken = {at for at, tracks in groups.items() if tracks} | {at for each in pieces.values() for at in each}
        self._bear([blob for at, blob in enumerate(blobs) if at not in taken], now_s, first)
        self._merge(groups, blobs)
        self._bury(now_s)

    def _assign(self, blobs: Sequence[Blob]) -> dict[int, Track]:
        """Return the vehicle that each blob is, where they suit each other."""
        if not blobs or not self.tracks:
            return {}
        costs = np.array([[_cost(track, blob) for blob in blobs] for track in self.tracks])
        rows, columns = linear_sum_assignment(costs)
        return {int(j): self.tracks[i] for i, j in zip(rows, columns, strict=True) if costs[i, j] < NEVER}

    def _pieces(self, blobs: Sequence[Blob], owner: dict[int, Track]) -> dict[int, list[int]]:
        """Return the blobs without an owner that are pieces of a vehicle that has a blob."""
        found: dict[int, list[int]] = {}
        boxes = {track.number: (track, blobs[at].box) for at, track in owner.items()}
        for at, blob in enumerate(blobs):
            if at in owner or self._whole(blob):
                continue
            inside = [(overlap_px2(track.box, blob.box), number) for number, (track, _) in boxes.items()]
            share, number = max(inside, default=(0.0, -1))
            if share < COVERED * box_area_px2(blob.box):
                continue
            track, box = boxes[number]
            whole = union(box, blob.box)
            if _fits(whole, track.box, PIECE_ROOM):
                boxes[number] = (track, whole)
                found.setdefault(number, []).append(at)
        return found

    def _whole(self, blob: Blob) -> bool:
        """Tell whether a blob is large enough to be a vehicle of its own."""
        usual_px = self._sizes.usual_px(blob.box)
        return usual_px is not None and box_area_px2(blob.box) > PIECE * usual_px**2

    def _groups(self, blobs: Sequence[Blob], owner: dict[int, Track]) -> dict[int, list[Track]]:
        """Return per blob the vehicles in it: its owner and those without a blob of their own that it covers."""
        groups = {at: [owner[at]] if at in owner else [] for at in range(len(blobs))}
        owners = {track.number for track in owner.values()}
        for track in self.tracks:
            if track.number in owners or not track.moved:
                continue
            shares = [(overlap_px2(track.box, blob.box), at) for at, blob in enumerate(blobs)]
            share, at = max(shares, default=(0.0, -1))
            if share >= COVERED * box_area_px2(track.box):
                groups[at].append(track)
        return groups

    def _fill(self, tracks: list[Track], blob: Blob, owned: bool, now_s: float, picture: Box) -> None:
        """Bring the vehicles in a blob up to date."""
        if len(tracks) == 1 and (owned or (_may_grow(tracks[0], blob) and self._swollen(tracks[0], now_s))):
            self._swollen_s.pop(tracks[0].number, None)
            tracks[0].see(blob, now_s)
        else:
            _shared(tracks, blob, now_s, picture)

    def _swollen(self, track: Track, now_s: float) -> bool:
        """Tell whether a blob has been too large for its vehicle for so long that it is its true size."""
        return now_s - self._swollen_s.setdefault(track.number, now_s) > ACCEPT_S

    def _merge(self, groups: dict[int, list[Track]], blobs: Sequence[Blob]) -> None:
        """Drop the vehicles in a blob that are only parts of another one in it."""
        for at, tracks in groups.items():
            whole = box_area_px2(blobs[at].box)
            for track in tracks[1:] if len(tracks) > 1 else []:
                others = [other for other in tracks if other is not track and other.number < track.number]
                inside, into = max(
                    ((overlap_px2(track.box, each.box), each.number) for each in others), default=(0.0, 0)
                )
                area = box_area_px2(track.box)
                if area < PART * whole or inside > SAME * area:
                    track.seen_s = -math.inf
                    self.merged[track.number] = into

    def _bear(self, blobs: Sequence[Blob], now_s: float, first: bool) -> None:
        for blob in blobs:
            self._numbers += 1
            self.tracks.append(born(self._numbers, blob, now_s, first))

    def _bury(self, now_s: float) -> None:
        def lives(track: Track) -> bool:
            if now_s - track.alone_s > HIDDEN_S:
                return False
            return now_s - track.seen_s <= (LOST_S if track.looks >= YOUNG_LOOKS else 0.2)

        self.gone = [track for track in self.tracks if not lives(track)]
        self.tracks = [track for track in self.tracks if lives(track)]


def _cost(track: Track, blob: Blob) -> float:
    """Return how badly a blob suits a vehicle: 0 the same box, NEVER out of reach or of another size."""
    settled = track.looks >= YOUNG_LOOKS and not track.cut
    grown, shrunk = not _fits(blob.box, track.box, GROWN), not _fits(track.box, blob.box, GROWN)
    if settled and (grown or (shrunk and not blob.cut)):  # who leaves the picture shrinks there, but does not grow
        return NEVER
    size = max(track.size_px, math.sqrt(box_area_px2(blob.box)))
    away = math.dist(middle(track.box), middle(blob.box)) / size
    if away > (REACH if track.looks < YOUNG_LOOKS else REACH / 2.0):
        return NEVER
    shared = overlap_px2(track.box, blob.box)
    together = box_area_px2(track.box) + box_area_px2(blob.box) - shared
    growth = abs(math.log(box_area_px2(blob.box) / max(1.0, box_area_px2(track.box))))
    return min(NEVER, 1.0 - shared / together + away + 0.5 * growth)


def _may_grow(track: Track, blob: Blob) -> bool:
    """Tell whether a blob too large for a vehicle may be its true size: none where another one may be coming in."""
    return track.cut or not blob.cut


def _fits(box: Box, into: Box, room: float) -> bool:
    width, height = into[2] - into[0], into[3] - into[1]
    slack = 4.0
    return box[2] - box[0] <= room * width + slack and box[3] - box[1] <= room * height + slack


def _joined(blob: Blob, others: Sequence[Blob]) -> Blob:
    if not others:
        return blob
    box = blob.box
    for other in others:
        box = union(box, other.box)
    area = blob.area_px + sum(other.area_px for other in others)
    hull = np.concatenate([blob.hull, *(other.hull for other in others)])
    return Blob(box, area, blob.cut or any(other.cut for other in others), hull)


def _shared(tracks: Sequence[Track], blob: Blob, now_s: float, picture: Box) -> None:
    """Correct vehicles in one blob by those edges of it that are theirs: outermost in the group and near.

    Where a blob ends at the picture's edge nothing ends: the next vehicle may be coming in there.
    """
    whole = [abs(blob.box[edge] - picture[edge]) > EDGE_PX for edge in range(4)]
    for track in tracks:
        seen: list[float | None] = []
        for low, high in ((0, 2), (1, 3)):
            size = track.box[high] - track.box[low]
            steps = [
                blob.box[edge] - track.box[edge]
                for edge, best in ((low, min), (high, max))
                if whole[edge]
                and best(other.box[edge] for other in tracks) == track.box[edge]
                and abs(blob.box[edge] - track.box[edge]) <= FREE_EDGE * size
            ]
            centre = (track.box[low] + track.box[high]) / 2.0
            seen.append(centre + sum(steps) / len(steps) if steps else None)
        track.nudge((seen[0], seen[1]), now_s)
