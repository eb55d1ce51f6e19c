"""A special vehicle beside people on foot: whatever stage it is given, and when, nothing of theirs is cut (K5)."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from signal_ctrl.domain.site import DayHours, Site
from signal_ctrl.domain.site_json import site_to_json
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.kernel.small_sites import LEFT, LEFT_STAGE, MAIN_STAGE, SIDE, SIDE_STAGE, WALK, crossroads
from tests.signal_ctrl.kernel.worlds import Library

Complaints = list[str]
STEP_DS = 23
"""Moments of the request; prime, so that they meet every interval somewhere."""
LAST_DS = 640
ENDS_DS = 1000
LEADS_DS = (0, 50, 150)


def _sites() -> Iterator[Site]:
    """Yield the crossroads with leads shorter and longer than the shortest WALK."""
    base = crossroads()
    for lead_ds in LEADS_DS:
        crossing = replace(base.groups[WALK], lead_ds=lead_ds, longer_ds=60)
        groups = tuple(replace(group, max_red_ds=1800) for group in (*base.groups[:WALK], crossing))
        yield replace(base, groups=groups, longer_hours=(DayHours((0,), 420, 480),), zone="UTC")


def special_vehicle_and_people(library: Library) -> Complaints:
    """Pre-emption at any moment, to any stage and away again, an hour of longer clearance included."""
    found: Complaints = []
    for site in _sites():
        for stage in (MAIN_STAGE, LEFT_STAGE, SIDE_STAGE):
            for at_ds in range(1, LAST_DS, STEP_DS):
                frames = _driven(library, site, stage, at_ds)
                name = f"lead {site.groups[WALK].lead_ds}, stage {stage} at {at_ds}"
                found += [f"{name}: {breach}" for breach in judge(site_to_json(site), frames, cold=False)]
                found += [f"{name}: {cut}" for cut in _cuts(site, frames)]
    return found


def _driven(library: Library, site: Site, stage: int, at_ds: int) -> list[Frame]:
    """Return the frames of a signal that goes to the stage with WALK, is taken to another one, and given back."""
    lib, kernel = library.state, library.kernel_of(site)
    state, frames = kernel.in_service(0, SIDE_STAGE), []

    def asked(source: str, sequence: int, wish: str, wanted: int, ends_ds: int | None) -> None:
        nonlocal state
        now_ds = state.frame_ds
        request = lib.Request(lib.Source[source], sequence, now_ds, now_ds + 90, lib.Wish[wish], wanted, ends_ds)
        with suppress(library.errors.RefusedError):  # K4 serves somebody first
            state = kernel.submit(state, request, now_ds)

    for now_ds in range(1, ENDS_DS):
        if now_ds % 10 == 0:  # whoever decides otherwise wants WALK, before and after
            asked("ADAPTIVE", now_ds, "STAGE", MAIN_STAGE, None)
        if now_ds == at_ds:
            asked("PREEMPTION", 1, "HOLD", stage, now_ds + 200)
        if now_ds == at_ds + 60:  # a second vehicle that needs another stage, of a higher rank
            asked("PREEMPTION", 2, "HOLD", (stage + 1) % 3, now_ds + 200)
        longer = now_ds >= LAST_DS // 2
        state = kernel.step(kernel.longer(state, longer), 0b1111, now_ds)
        shown = tuple((group.aspect.value, int(group.right)) for group in state.core.groups)
        frames.append(Frame(now_ds, shown, 0b1111, longer=longer))
    return frames


def _cuts(site: Site, frames: list[Frame]) -> list[str]:
    """Return what of WALK, clearance, buffer and lead was cut, by the site's own figures and the frames alone."""
    crossing, found = site.groups[WALK], []
    spans = _spans([frame.shown[WALK][0] for frame in frames])
    for k, (aspect, begin, end) in enumerate(spans):
        whole = 0 < k < len(spans) - 1  # the first and the last span are cut by the trace
        lasts = end - begin
        if whole and aspect == "walk" and lasts < crossing.min_green_ds:
            found.append(f"WALK of {lasts} ds")
        if whole and aspect == "pedestrian clearance":
            due = crossing.clearance_ds + (crossing.longer_ds if frames[begin].longer else 0)
            found += [] if lasts == due else [f"clearance of {lasts} ds instead of {due}"]
            found += _early(frames, begin, end, (SIDE, LEFT), "while people clear")
            found += _early(frames, end, end + crossing.buffer_ds, (SIDE,), "within the buffer")
            again = next((first for shown, first, _ in spans[k + 1 :] if shown == "walk"), len(frames))
            # who yields may start beside a WALK that has begun anew: it yields to whoever is still there
            found += _early(frames, end, min(end + crossing.buffer_ds, again), (LEFT,), "within the buffer")
        if aspect == "walk" and k:
            found += _early(frames, begin, begin + crossing.lead_ds, (SIDE, LEFT), "within the lead")
    return found


def _spans(aspects: list[str]) -> list[tuple[str, int, int]]:
    """Return what was shown, from which frame to before which."""
    found: list[tuple[str, int, int]] = []
    for i, aspect in enumerate(aspects):
        if found and found[-1][0] == aspect:
            found[-1] = (aspect, found[-1][1], i + 1)
        else:
            found.append((aspect, i, i + 1))
    return found


def _early(frames: list[Frame], begin: int, end: int, groups: tuple[int, ...], why: str) -> list[str]:
    """Return which of these groups, whose vehicles cross the crossing, start within these frames."""
    return [
        f"group {g} starts at {frames[i].at_ds} {why}"
        for i in range(max(begin, 1), min(end, len(frames)))
        for g in groups
        if frames[i].shown[g][1] >= 2 > frames[i - 1].shown[g][1]
    ]
