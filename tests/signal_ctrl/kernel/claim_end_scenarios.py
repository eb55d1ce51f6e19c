"""Scenarios of how claims end: door, release, the way out of service and back, power and clock (SAFETY C)."""

from tests.signal_ctrl.kernel.claim_scenarios import expect, refused
from tests.signal_ctrl.kernel.small_sites import MAIN_STAGE, SIDE_STAGE, Drive, crossroads
from tests.signal_ctrl.kernel.worlds import Library

Complaints = list[str]


def door(library: Library) -> Complaints:
    """The panel counts while its door is open."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    found = refused(drive, "K8/door-closed", SIDE_STAGE, "HOLD", "CABINET_PANEL")
    drive.door()
    drive.ask(wish="FLASH", source="CABINET_PANEL")
    drive.run(400)
    found += expect("flash", drive.mode, "FLASHING")
    drive.door(False)
    drive.run(401)
    found += expect("closed", (drive.mode, drive.core.reason), ("START_RED", "resume"))
    found += expect("no claim", drive.core.claims.standing, ())
    return found


def out_and_back(library: Library) -> Complaints:
    """Flash and dark by rank: a higher hold leads out through start-up, an end leads back, nobody else resumes."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    drive.ask(wish="FLASH")
    drive.run(300)
    found = expect("flash", drive.mode, "FLASHING")
    found += refused(drive, "K7/out-of-service", -1, "RESUME", "SCHEDULE")
    found += refused(drive, "K7/out-of-service", MAIN_STAGE, "HOLD", "BUS_PRIORITY", 50)
    found += refused(drive, "K7/out-of-service", MAIN_STAGE, "STAGE", "POLICE", 600)
    drive.ask(SIDE_STAGE, "HOLD", "POLICE", 900)
    drive.run(301)
    found += expect("led out", drive.mode, "START_RED")
    found += refused(drive, "K7/start-up", SIDE_STAGE, "HOLD", "RAILWAY", 50)
    drive.run(1100)
    found += expect("first stage", drive.when("main", "GREEN"), [411])  # walkers: 110
    found += expect("held", (drive.mode, drive.core.stage), ("RUNNING", SIDE_STAGE))
    drive.run(1400)
    found += expect("back in flash", drive.mode, "FLASHING")
    drive.ask(wish="RESUME")
    drive.run(1402)
    return found + expect("resumed", drive.mode, "START_RED")


def dark_ends(library: Library) -> Complaints:
    """A planned dark of the police ends by itself, over the start-up."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    drive.ask(wish="DARK", source="POLICE", lasts_ds=600)
    drive.run(699)
    found = expect("dark", drive.mode, "DARK")
    drive.run(700)
    return found + expect("over", drive.mode, "START_RED")


def flash_under_a_hold(library: Library) -> Complaints:
    """A flash that waits under a hold can be taken back; what is called meanwhile is forgotten on the way out."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    drive.ask(SIDE_STAGE, "HOLD", "POLICE", 700)
    drive.ask(wish="FLASH")
    drive.run(300)
    found = expect("held", drive.mode, "RUNNING")
    drive.ask(wish="RESUME")
    found += refused(drive, "K8/running", -1, "RESUME")
    drive.run(900)
    found += expect("no flash", drive.mode, "RUNNING")
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    high = drive.ask(MAIN_STAGE, "HOLD", "RAILWAY", 500)
    drive.ask(SIDE_STAGE, "STAGE", "POLICE", 9000)
    drive.ask(wish="DARK", source="RAILWAY", lasts_ds=400)
    drive.run(1500)
    found += expect("called before", (drive.mode, drive.when("side", "GREEN")), ("RUNNING", []))
    try:
        drive.release("RAILWAY", high)
        found.append("a claim that is over was released")
    except library.errors.RefusedError as error:
        found += expect("release", error.rule, "K8/no-claim")
    return found


def releases(library: Library) -> Complaints:
    """Only the claim that is named is released, in every mode but a fault."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    sequence = drive.ask(SIDE_STAGE, "HOLD", "POLICE", 600)
    found = []
    for source, number in (("POLICE", sequence + 1), ("RAILWAY", sequence), ("POLICE", True)):
        try:
            drive.release(source, number)
            found.append(f"released {number} of {source}")
        except library.errors.RefusedError as error:
            found += expect("release", error.rule, "K8/no-claim")
    drive.release("POLICE", sequence)
    found += expect("released", drive.core.claims.standing, ())
    sequence = drive.ask(wish="FLASH", source="POLICE", lasts_ds=600)
    drive.run(105)
    found += expect("on the way", drive.mode, "CLEARING")
    drive.release("POLICE", sequence)
    drive.run(240)
    found += expect("turned round", (drive.mode, drive.when("side", "FLASH_AMBER")), ("START_RED", []))
    drive.state = drive.kernel.trip(drive.state, "seen", 240)
    try:
        drive.release("POLICE", sequence)
        found.append("released in a fault")
    except library.errors.RefusedError as error:
        found += expect("in a fault", error.rule, "K6/latched")
    return found


def restarts(library: Library) -> Complaints:
    """No claim outlives power or clock on the street; a flash outlives a clock, for as long as it had left."""
    drive = Drive(crossroads(), library=library)
    drive.door()
    drive.run(100)
    drive.ask(SIDE_STAGE, "HOLD", "POLICE", 600)
    found = expect("power", drive.kernel.power_on(100).core.claims.standing, ())
    drive.state = drive.kernel.step(drive.state, 0, 200)
    found += expect("clock", (drive.core.claims.standing, drive.core.claims.door_open), ((), True))
    for back_ds in (0, -(10**9)):
        drive = Drive(crossroads(), library=library)
        drive.run(100)
        drive.ask(wish="FLASH", source="POLICE", lasts_ds=1000)
        drive.run(400)
        drive.state = drive.kernel.step(drive.state, 0, 400 + back_ds - (1 if back_ds else 0))
        found += expect("flash stays", drive.mode, "FLASHING")
        drive.run(1099 + back_ds - (1 if back_ds else 0))
        found += expect("flash stays", drive.mode, "FLASHING")
        drive.run(1100 + back_ds)
        found += expect("flash ends", drive.mode, "START_RED")
    return found


def base_wishes(library: Library) -> Complaints:
    """Adaptive control and schedule name no end, hold nothing, and are stale for the other after three minutes."""
    drive = Drive(crossroads(), library=library)
    drive.run(100)
    found = []
    for source in ("ADAPTIVE", "SCHEDULE"):
        found += refused(drive, "K8/kind", SIDE_STAGE, "HOLD", source)
        found += refused(drive, "K8/kind", -1, "ALL_RED", source)
        found += refused(drive, "K8/term", SIDE_STAGE, "STAGE", source, 50)
    state = library.state
    for source, due in (("ADAPTIVE", 1901), ("SCHEDULE", 10**6 + 1)):
        request = state.Request(state.Source[source], 100, 100, 10**6, stage=SIDE_STAGE)
        core = drive.kernel.submit(drive.state, request, 100).core
        found += expect(source, core.claims.standing[0].ends_ds, due)
    return found
