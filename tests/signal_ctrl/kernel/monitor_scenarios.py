"""Scenarios of the conflict monitor and the latch (K6)."""

from typing import Any

from tests.signal_ctrl.kernel.claim_scenarios import expect
from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, SIDE_STAGE, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import Library

Complaints = list[str]
R, A, G = 1, 2, 4
_LIT = {"RED": R, "DONT_WALK": R, "AMBER": A, "GREEN": G, "WALK": G, "FLASH_AMBER": A, "PED_CLEAR": R, "DARK": 0}
SERVICE = [G, R, G, G]
"""Lamps of the main stage: main, side, left turn, crossing."""
BAND = {"conflict": (200, 450, 3), "dark": (700, 1000, 9)}
"""No trip under, trip over [ms], and the frame at which it trips."""


class Watched:
    """A drive whose lamps are watched; what they show may be changed."""

    def __init__(self, library: Library, stage: int | None = MAIN_STAGE, **site: Any) -> None:
        self.drive = Drive(crossroads(**site), stage, library)
        self.monitor = library.monitor.Monitor(self.drive.kernel.site)
        self.watch = self.monitor.begin()

    def lamps(self) -> list[int]:
        """Return what healthy lamps show: in a flash half of the time nothing."""
        off = self.drive.state.frame_ds // 6 % 2
        shown = [(_LIT[g.aspect.name], g.aspect.name) for g in self.drive.core.groups]
        return [0 if off and name in ("FLASH_AMBER", "PED_CLEAR") else lit for lit, name in shown]

    def look(self, seen: Any = None, frames: int = 1) -> str:
        """Watch frames until it trips; return why."""
        for _ in range(frames):
            self.watch, reason = self.monitor.look(self.watch, self.drive.core, self.lamps() if seen is None else seen)
            now_ds = self.drive.state.frame_ds + 1
            if reason:
                self.drive.state = self.drive.kernel.trip(self.drive.state, reason, now_ds)
            self.drive.run(now_ds)
            if reason:
                return str(reason)
        return ""


def fault_band(library: Library) -> Complaints:
    """Faults of 0 to 2,000 ms in steps of 10 ms, at each place within a frame."""
    seen = {"conflict": [G, G, G, G], "dark": [0, R, G, G]}
    found = []
    watched = Watched(library)
    begin = watched.drive.state
    for kind, (none_ms, sure_ms, frames) in BAND.items():
        for long_ms in range(0, 2001, 10):
            for begin_ms in range(0, 100, 10):
                watched.drive.state, watched.watch = begin, watched.monitor.begin()
                bad = len([at for at in range(0, 2200, 100) if begin_ms <= at < begin_ms + long_ms])
                tripped = watched.look(seen[kind], bad) or watched.look(frames=3)
                found += expect(f"{kind} of {long_ms} ms at {begin_ms}", bool(tripped), bad >= frames)
                if (long_ms < none_ms and tripped) or (long_ms > sure_ms and not tripped):
                    found.append(f"{kind} of {long_ms} ms is out of the band")
    return found


def healthy_lamps(library: Library) -> Complaints:
    """Start-up with flash, changes of stage, planned flash and dark: nothing trips, with and without filtering."""
    found = []
    for frames in (3, 0):
        watched = Watched(library, None, startup_flash_ds=100, debounce_frames=frames)
        drive = watched.drive
        found += expect("start-up", watched.look(frames=300), "")
        for stage in (SIDE_STAGE, MAIN_STAGE):
            drive.ask(stage)
            found += expect("change", watched.look(frames=250), "")
        for wish in ("FLASH", "DARK"):
            drive.ask(wish=wish)
            found += expect(wish, watched.look(frames=400), "")
            drive.ask(wish="RESUME")
            found += expect("back", watched.look(frames=400), "")
        found += expect("sound", (watched.watch.is_sound, drive.mode), (True, "RUNNING"))
    return found


FAULTS = (
    ([G, A, G, G], 3),  # amber against a green
    ([G | R, R, G, G], 3),  # red and green of one group
    ([G, R, G, G | R], 3),
    ([R, G, R, R], 3),  # a green nobody asked for, nothing against it
    ([0, R, G, G], 9),
    ([G, 0, G, G], 9),
    ([G, A | 0, G, R], 3),
    ([G, R, G], 3),  # not the lamps of this site
    ([G, R, G, 8], 3),
    ([G, R, G, True], 3),
    ([G, -1, G, G], 3),
)


def fault_kinds(library: Library) -> Complaints:
    """What is a fault, at which frame it trips, and at once where the authority forbids filtering."""
    found = []
    for seen, frames in FAULTS:
        for debounce in (3, 0):
            due = frames if debounce else 1
            watched = Watched(library, debounce_frames=debounce)
            found += expect(f"{seen} early", watched.look(seen, due - 1), "")
            found += expect(f"{seen} at {due}", bool(watched.look(seen)), True)
            watched.drive.run(watched.drive.state.frame_ds)
            found += expect(f"{seen} mode", watched.drive.mode, "FAULT")
    for seen in ([R, R, G, G], [G, R, 0 | A, G], [G, R, G, R]):
        found += expect(f"{seen} is for the repair book", Watched(library).look(seen, 40), "")
    watched = Watched(library)
    found += expect("lamps that cannot be read", bool(_unread(watched, 3)), True)
    wide = library.monitor.Monitor(watched.drive.kernel.site, ((0, 2), (1,), (3,)))
    for seen, due in (([G, R, 0, G], False), ([0, R, 0, G], True)):
        watched = Watched(library)
        watched.monitor, watched.watch = wide, wide.begin()
        found += expect(f"approach {seen}", bool(watched.look(seen, 20)), due)
    watched = Watched(library, SIDE_STAGE)
    watched.monitor, watched.watch = wide, wide.begin()
    found += expect("all reds of an approach out", watched.look([A, G, A, R], 3) != "", True)
    return found


def red_out(library: Library) -> Complaints:
    """All reds of an approach out, another lamp lit: that is no red."""
    watched = Watched(library)
    found = expect("amber in place of red", watched.look([G, R, G, G], 2), "")
    monitor, watch = watched.monitor, watched.monitor.begin()
    watched.drive.ask(wish="ALL_RED", source="POLICE", lasts_ds=900)
    watched.drive.run(400)
    tripped = []
    for frame in range(12):
        watch, reason = monitor.look(watch, watched.drive.core, [R, A, R, R])
        tripped += [frame + 1] if reason else []
    return found + expect("reds out", tripped, [9, 10, 11, 12])


def _unread(watched: Watched, frames: int) -> str:
    for _ in range(frames):
        watched.watch, reason = watched.monitor.look(watched.watch, watched.drive.core, None)
    return str(reason)


def counters(library: Library) -> Complaints:
    """Only frames in a row count: a good one begins anew, for each approach by itself."""
    found = []
    watched = Watched(library)
    for _ in range(10):
        found += expect("two bad, one good", watched.look([G, G, G, G], 2) + watched.look(SERVICE), "")
    for _ in range(4):
        found += expect("eight dark, one lit", watched.look([0, R, G, G], 8) + watched.look(SERVICE), "")
    found += expect("one approach after the other", watched.look([0, R, G, G], 8) + watched.look([G, R, G, 0], 8), "")
    found += expect("ninth", bool(watched.look([G, R, G, 0])), True)
    watched = Watched(library)
    watched.look([G, R, G, G], 40)
    found += expect("sound", watched.watch.good, 40)
    watched.look([G, G, G, G])
    return found + expect("not sound", (watched.watch.good, watched.watch.is_sound), (0, False))


def flash_lamps_out(library: Library) -> Complaints:
    """In a planned flash an amber that stays dark trips, and a green that is lit."""
    found = []
    for seen, frames in (([A, 0, A, 0], 9), ([A, G, A, 0], 3)):
        watched = Watched(library)
        watched.drive.ask(wish="FLASH")
        watched.look(frames=300)
        found += expect("flash", watched.drive.mode, "FLASHING")
        trips = [watched.look(seen) for _ in range(frames + 8)]
        place = next((k for k, reason in enumerate(trips) if reason), -1)
        found += expect(f"{seen}", frames - 7 <= place + 1 <= frames, True)
    return found


def latch_stays(library: Library) -> Complaints:
    """Restart, power cut, clock: the latch holds; nobody is heard, and no other door leads out."""
    watched = Watched(library)
    drive, latch = watched.drive, library.latch
    found = expect("no latch", drive.kernel.latch(drive.state), None)
    reason = watched.look([G, G, G, G], 3)
    kept = drive.kernel.latch(drive.state)
    found += expect("reason", (kept.reason, drive.core.reason), (reason, reason))
    text = latch.latch_to_json(kept)
    for now_ds in (0, -(10**9), 10**9):
        drive.state = drive.kernel.power_on(now_ds, latch.latch_from_json(text))
        drive.door()
        for _ in range(5):
            drive.run(drive.state.frame_ds + 300)
        for step_ds in (-(10**6), 10**6, 0):
            drive.state = drive.kernel.step(drive.state, 0b1111, drive.state.frame_ds + step_ds)
        found += expect("still", (drive.mode, drive.core.reason), ("FAULT", reason))
        found += expect("lamps", {g.aspect.name for g in drive.core.groups}, {"FLASH_AMBER", "DARK"})
        found += _nobody(drive)
        drive.door(False)
        drive.state = drive.kernel.trip(drive.state, "another", drive.state.frame_ds)
        found += expect("the first reason", drive.kernel.latch(drive.state).reason, reason)
    bare = drive.kernel.latch(drive.kernel.trip(drive.kernel.power_on(0), "", 0))
    found += expect("a trip without a reason", bool(bare.reason), True)
    return found + expect("no file", latch.latch_from_json(None), None)


def _nobody(drive: Drive) -> Complaints:
    state, found, now_ds = drive.library.state, [], drive.state.frame_ds
    requests: list[Any] = [
        state.Request(source, 10**6, now_ds, now_ds + 9, wish, MAIN_STAGE, now_ds + 600)
        for source in state.Source
        for wish in state.Wish
    ]
    for request in [*requests, None]:
        try:
            drive.kernel.submit(drive.state, request, now_ds)
            found.append(f"{request} was taken in a fault")
        except drive.library.errors.RefusedError as error:
            found += expect("refusal", error.rule, "K6/latched")
    return found


def reset_at_the_cabinet(library: Library) -> Complaints:
    """Only with the door open, only when the lamps have been sound for three seconds; then the whole start-up."""
    watched = Watched(library, startup_flash_ds=50)
    drive = watched.drive
    found = _unreset(watched, "K6/not-latched")
    watched.look([G, G, G, G], 3)
    found += _unreset(watched, "K6/door-closed")
    drive.door()
    found += _unreset(watched, "K6/cause-remains")
    watched.look([A, G, A, 0], 40)
    found += _unreset(watched, "K6/cause-remains")
    watched.look([A, 0, A, 0], 40)  # an amber that is out
    found += _unreset(watched, "K6/cause-remains")
    for _ in range(60):
        if watched.watch.good < 29:
            watched.look()
    found += _unreset(watched, "K6/cause-remains")
    watched.look()
    drive.state = drive.kernel.reset(drive.state, watched.watch, drive.state.frame_ds)
    found += expect("start-up", (drive.mode, drive.core.reason), ("START_FLASH", "reset"))
    found += expect("no latch", drive.kernel.latch(drive.state), None)
    begin_ds = drive.state.frame_ds
    found += expect("nothing trips", watched.look(frames=300), "")
    return found + expect("service", drive.when("main", "GREEN"), [begin_ds + 160])


def _unreset(watched: Watched, rule: str) -> Complaints:
    drive = watched.drive
    before = drive.state
    try:
        drive.kernel.reset(drive.state, watched.watch, drive.state.frame_ds)
    except drive.library.errors.RefusedError as error:
        return expect("reset", (error.rule, drive.state), (rule, before))
    return [f"a reset was not refused by {rule}"]


def trip_whoever_rules(library: Library) -> Complaints:
    """A fault trips under every claim and in every mode, in the next frame, and ends all claims."""
    found = []
    for source, wish in (
        ("POLICE", "HOLD"), ("POLICE", "ALL_RED"), ("CABINET_PANEL", "HOLD"), ("RAILWAY", "HOLD"), ("POLICE", "FLASH"),
    ):  # fmt: skip
        watched = Watched(library)
        watched.drive.door()
        watched.drive.ask(MAIN_STAGE, wish, source, 600)
        watched.look(frames=3)
        reason = watched.look([R, G, R, R], 3)
        drive = watched.drive
        found += expect(f"{source} {wish}", (drive.mode, drive.core.reason), ("FAULT", reason))
        found += expect("claims", (drive.core.claims.standing, drive.core.claims.door_open), ((), True))
    for until_ds, mode in ((0, "START_FLASH"), (55, "START_RED")):
        watched = Watched(library, None, startup_flash_ds=50)
        watched.look(frames=until_ds)
        found += expect("before", watched.drive.mode, mode)
        watched.look([G] * 4, 3)
        found += expect(mode, watched.drive.mode, "FAULT")
    return found


def fault_dark(library: Library) -> Complaints:
    """A site that forbids flash is dark after a fault, and after a restart."""
    watched = Watched(library, fault_dark=True)
    watched.look([G] * 4, 3)
    drive = watched.drive
    found = expect("dark", {g.aspect.name for g in drive.core.groups}, {"DARK"})
    again = drive.kernel.power_on(0, drive.kernel.latch(drive.state)).core
    found += expect("restart", {g.aspect.name for g in again.groups}, {"DARK"})
    drive.door()
    found += expect("dark is right", watched.look(frames=60), "")
    drive.state = drive.kernel.reset(drive.state, watched.watch, drive.state.frame_ds)
    return found + expect("reset", drive.mode, "START_RED")


def unreadable_latch(library: Library) -> Complaints:
    """What cannot be read is a latch: it may have been one."""
    latch, found = library.latch, []
    good = latch.latch_to_json(latch.Latch("main green, side green"))
    found += expect("read", latch.latch_from_json(good).reason, "main green, side green")
    for text in ("", "{}", good[:-1], good.replace("reason", "cause"), good.replace("1", "2"), "null", "[" * 10**5):
        found += expect(f"{text:.30}", latch.UNREADABLE in str(latch.latch_from_json(text)), True)
    found += expect("no reason", latch.latch_from_json(good.replace("main green, side green", "")) is not None, True)
    try:
        latch.Latch("")
        found.append("a latch without a reason")
    except library.errors.InvalidInputError:
        pass
    return found
