"""Hand-written mutants: each puts one fault into a copy of the kernel, and a named scenario has to catch it.

The old text occurs once in its file, so that a change of the kernel which moves it is noticed.
Mutants that SAFETY asks for and that are equivalent, or cannot be written against this code:

- K1 "check done before instead of after the state change" shows only where the sequencer is broken: run so.
- K3 "minimum taken from the plan": no plan enters the kernel; a request names a stage and nothing else.
- Equivalent: `obeyed` without `core.forced < 0` for all red. In the same frame `limited` takes it back.
- K5 "float rounding down": lengths become whole tenths in the builder of the site. Here clearances are cut.
- K8 "partial write before validation": states are frozen; these mutants write by `object.__setattr__`.
- K10 "naive local datetime", "expiry stored as wall time only": no clock is imported; `sources` sees to it.
- Equivalent: `_ends` without `max(now_ds, ...)`. An end that lies in the past is due in this frame either
  way, and starts are bounded below by now and by the ends that have happened.
- Equivalent: `_stage_by_rota` without its look at the wished stage. It spares a detour; no rule needs it.
"""

from typing import Final, NamedTuple

from tests.signal_ctrl.kernel.claim_mutants import ROWS


class Mutant(NamedTuple):
    """One fault. `scenario` is the one that has to catch it."""

    name: str
    file: str
    old: str
    new: str
    rule: str
    scenario: str


MUTANTS: Final = tuple(
    Mutant(*row)
    for row in (
        # K1 conflicts
        ("one triangle of the matrix read", "kernel/tables.py",
         "    return site.allows(a, right_a, g, right_g)",
         "    return a > g or site.allows(a, right_a, g, right_g)", "K1", "random_wishes"),
        ("default flipped to compatible", "domain/site.py",
         "if entry else CONFLICT)", "if entry else COMPATIBLE)", "K1", "random_wishes"),
        ("amber ignored", "kernel/lamps.py",
         "state.aspect in STOPS for", "state.aspect not in GREENS for", "K1", "monitor"),
        ("yield pair treated as compatible", "kernel/tables.py",
         "    return site.allows(a, right_a, g, right_g)", "    return site.together[a][g] != 0",
         "K1", "random_wishes"),
        ("yield pair treated as compatible by the monitor", "kernel/lamps.py",
         "wrong_pair = lit[b] and not site.allows(a, core.groups[a].right, b, other.right)",
         "wrong_pair = False", "K1", "monitor"),
        ("walkers and priority traffic may meet", "domain/site.py",
         "if one.kind is not other.kind and self.allows", "if False and self.allows",
         "K1", "site_documents"),
        ("check before the state change", "kernel/kernel.py",
         "self._checked(self._evolved(core, calls, now_ds), now_ds)",
         "self._evolved(self._checked(core, now_ds), calls, now_ds)", "K1", "broken_sequencer"),
        ("fault not latched", "kernel/kernel.py",
         "        if core.mode in _PLANNED and precedence.mode_wanted", "        if precedence.mode_wanted", "K1", "broken_sequencer"),
        ("wanted rights not fitted together", "kernel/sequencer.py",
         "        if len(fits) == len(wanted):\n"
         "            return fits",
         "        return wanted", "K1", "joint_changes"),
        ("who stays green is no partner", "kernel/sequencer.py",
         "after = [wanted.get(g, state.right) for", "after = [wanted.get(g, Right.NONE) for",
         "K1", "joint_changes"),
        # K2 change of right of way
        ("start one frame early", "kernel/sequencer.py",
         "if start_ds <= now_ds}", "if start_ds <= now_ds + 1}", "K2", "random_wishes"),
        ("start one frame late", "kernel/sequencer.py",
         "if start_ds <= now_ds}", "if start_ds < now_ds}", "K2", "prompt_changes"),
        ("transposed matrix", "kernel/outlook.py",
         "return counts_ds + tables.site.intergreen_ds[a][b] + state",
         "return counts_ds + tables.site.intergreen_ds[b][a] + state", "K2", "random_wishes"),
        ("only the last stage remembered", "kernel/outlook.py",
         "        counts_ds = state.ended_ds",
         "        counts_ds = state.ended_ds if state.aspect is not Aspect.RED else NEVER_DS",
         "K2", "random_wishes"),
        ("intergreen counted from the end of amber", "kernel/outlook.py",
         "        counts_ds = state.ended_ds", "        counts_ds = state.since_ds",
         "K2", "prompt_changes"),
        ("timer restarted by a repeated request", "kernel/gate.py",
         "    core = claimed(core, claim, frame_ds)\n",
         "    core = claimed(core, claim, frame_ds)\n"
         "    core = replace(core, groups=tuple(replace(g, ended_ds=frame_ds) for g in core.groups))\n", "K2", "prompt_changes"),
        ("amber skipped when a limit ends the green", "kernel/sequencer.py",
         "            groups[g] = _ended(tables, groups[g], g, now_ds)",
         "            groups[g] = _ended(tables, groups[g], g, now_ds)\n"
         "            if must_end >> g & 1:\n"
         "                red = step(groups[g].aspect, Event.ELAPSED, tables.crossing[g])\n"
         "                groups[g] = replace(groups[g], aspect=red)", "K2", "late_call"),
        ("amber skipped", "kernel/aspects.py",
         "(Aspect.GREEN, Event.END): Aspect.AMBER", "(Aspect.GREEN, Event.END): Aspect.RED",
         "K2", "random_wishes"),
        ("amber one frame short", "kernel/sequencer.py",
         "now_ds - state.since_ds >= own_ds", "now_ds - state.since_ds >= own_ds - 1",
         "K2", "random_wishes"),
        ("amber one frame long", "kernel/sequencer.py",
         "now_ds - state.since_ds >= own_ds", "now_ds - state.since_ds > own_ds", "K2", "random_wishes"),
        ("amber sleeps too long", "kernel/sequencer.py",
         "            moments.append(state.since_ds + own_ds)",
         "            moments.append(state.since_ds + own_ds + 1)", "K2", "random_wishes"),
        ("priority forgotten when green ends", "kernel/sequencer.py",
         "now_ds if state.right is Right.PROTECTED else state.unprotected_ds",
         "state.unprotected_ds", "K2", "random_wishes"),
        ("priority forgotten when lowered", "kernel/sequencer.py",
         "replace(groups[g], right=right, unprotected_ds=now_ds)", "replace(groups[g], right=right)",
         "K2", "prompt_changes"),
        ("who may yield is never waited for", "kernel/outlook.py",
         "    if meets[Right.PROTECTED][right] and not clearing:",
         "    if meets[Right.PERMISSIVE][right] and not clearing:", "K2", "random_wishes"),
        ("missing intergreen accepted", "domain/site.py",
         "        bounds = (max(one.after_green_ds, INTERGREEN_DS[0]), INTERGREEN_DS[1])",
         "        bounds = (-1, INTERGREEN_DS[1])", "K2", "site_documents"),
        ("green held although a start waits for it", "kernel/outlook.py",
         "max(ends[g], last_ds)", "max(ends[g], last_ds + 1)", "K2", "prompt_changes"),
        ("green not held while a crossing clears", "kernel/sequencer.py",
         "(must_end >> g & 1 or last_ds <= now_ds)",
         "(must_end >> g & 1 or ahead.ends[g] <= now_ds)", "K2", "prompt_changes"),
        ("tied priorities end one by one", "kernel/outlook.py",
         "            lasts[c] = min(lasts[c], lasts[g])", "            lasts[c] = lasts[c]",
         "K2", "tied_priorities"),
        ("priority ends before who needs it is out", "kernel/outlook.py",
         "            ends[g] = max(ends[g], ends[c])", "            ends[g] = ends[g]",
         "K2", "joint_changes"),
        # K3 minimum green
        ("minimum green ignored", "kernel/outlook.py",
         "g: max(now_ds, state.since_ds + tables.site.groups[g].min_green_ds)", "g: now_ds",
         "K3", "random_wishes"),
        ("minimum green one frame short", "kernel/outlook.py",
         "state.since_ds + tables.site.groups[g].min_green_ds",
         "state.since_ds + tables.site.groups[g].min_green_ds - 1", "K3", "random_wishes"),
        ("minimum green in seconds", "kernel/outlook.py",
         "state.since_ds + tables.site.groups[g].min_green_ds",
         "state.since_ds + tables.site.groups[g].min_green_ds // 10", "K3", "random_wishes"),
        ("minimum counted from the red before", "kernel/sequencer.py",
         "aspect=aspect, right=right, since_ds=now_ds, waits_ds=None",
         "aspect=aspect, right=right, waits_ds=None", "K3", "random_wishes"),
        ("minimum bypassed on the way out of service", "kernel/kernel.py",
         "self._idle, limits.overdue(tables, groups, now_ds), now_ds", "self._idle, -1, now_ds",
         "K3", "out_of_service"),
        ("minimum restarted by a gain of priority", "kernel/sequencer.py",
         "        return replace(state, right=right)",
         "        return replace(state, right=right, since_ds=now_ds)", "K3", "priority_is_no_new_green"),
        # K4 maximum green and maximum red
        ("maximum from the start of green", "kernel/limits.py",
         "(g, state.opposed_ds + tables.site.groups[g].max_green_ds)",
         "(g, state.since_ds + tables.site.groups[g].max_green_ds)", "K4", "late_call"),
        ("maximum green never reached", "kernel/limits.py",
         "if limit_ds <= now_ds)", "if limit_ds < 0)", "K4", "tight_limits"),
        ("maximum green one frame late", "kernel/limits.py",
         "if limit_ds <= now_ds)", "if limit_ds < now_ds)", "K4", "tight_limits"),
        ("opposition counted anew each frame", "kernel/limits.py",
         "state.right.is_green and state.opposed_ds is None and", "state.right.is_green and",
         "K4", "held_stage"),
        ("demand forgotten when the call ends", "kernel/limits.py",
         "        waiting |= (groups[g].waits_ds is not None) << g",
         "        if not calls >> g & 1:\n"
         "            groups[g] = replace(groups[g], waits_ds=None)\n"
         "        waiting |= (groups[g].waits_ds is not None) << g", "K4", "held_stage"),
        ("demand lost on a change of mode", "kernel/kernel.py",
         "unprotected_ds=now_ds, waits_ds=state.waits_ds, more_ds",
         "unprotected_ds=now_ds, more_ds", "K4", "demand_survives"),
        ("demand lost when the clock steps back", "kernel/kernel.py",
         "waits_ds=None if state.waits_ds is None else state.waits_ds + by_ds", "waits_ds=None",
         "K4", "demand_survives"),
        ("maximum red never rules", "kernel/limits.py",
         "    if _alarm_ds(tables, queue) <= now_ds:", "    if _alarm_ds(tables, queue) <= 0:",
         "K4", "tight_limits"),
        ("alarm counts one stage only", "kernel/limits.py",
         "            needed_ds += rota.out_ds[home] + rota.frame_ds", "            needed_ds += 0",
         "K4", "all_red"),
        ("alarm slept through", "kernel/limits.py",
         "    moments = [_alarm_ds(tables, waiting(tables, groups))]", "    moments = [FOREVER_DS]",
         "K4", "unopposed_wait"),
        ("green limit slept through", "kernel/limits.py",
         "        moments += [limit_ds, limit_ds - tables.lag_ds[g]]", "        moments += []",
         "K4", "held_stage"),
        ("least urgent first", "kernel/limits.py",
         "    return sorted(\n"
         "        (state.waits_ds + tables.site.groups[g].max_red_ds, g)",
         "    return sorted(\n"
         "        (-state.waits_ds - tables.site.groups[g].max_red_ds, g)", "K4", "tight_limits"),
        ("forced service dropped after a frame", "kernel/limits.py",
         "    if core.forced >= 0:\n"
         "        return Service(core.stage, core.forced)",
         "    if core.forced >= 0:\n"
         "        core = replace(core, stage=0)", "K4", "forced_service"),
        ("wishes heard during forced service", "kernel/gate.py",
         "    if heard and request.stage != core.stage:", "    if heard and core.forced >= 10**6:",
         "K4", "forced_service"),
        ("forced service without end", "kernel/limits.py",
         "        return Service(now.stage) if served else now", "        return now",
         "K4", "forced_service"),
        ("site promises more than it can keep", "domain/site.py",
         "home >= 0 and group.max_red_ds < rota.bound_ds", "home >= 10**6", "K4", "site_documents"),
        # K5 pedestrians
        ("clearance cut by the next stage", "kernel/outlook.py",
         "return tables.site.groups[g].clearance_ds + state.more_ds if", "return 1 if", "K5", "random_wishes"),
        ("clearance rounded down", "kernel/outlook.py",
         "return tables.site.groups[g].clearance_ds + state.more_ds if",
         "return tables.site.groups[g].clearance_ds // 20 * 20 if", "K5", "random_wishes"),
        ("buffer counted twice", "kernel/outlook.py",
         "return counts_ds + tables.site.intergreen_ds[a][b] + state",
         "return counts_ds + tables.site.intergreen_ds[a][b] + tables.site.groups[a].buffer_ds + state",
         "K5", "prompt_changes"),
        ("buffer not in the intergreen", "domain/site_parts.py",
         "self.clearance_ds + self.buffer_ds)", "self.clearance_ds)", "K5", "site_documents"),
        ("button stretches the clearance", "kernel/limits.py",
         "            groups[g] = replace(state, waits_ds=now_ds)\n"
         "        waiting",
         "            groups[g] = replace(state, waits_ds=now_ds, since_ds=now_ds)\n"
         "        waiting", "K5", "button_in_clearance"),
        ("manual advance honoured", "kernel/gate.py",
         "    core = claimed(core, claim, frame_ds)\n",
         "    core = claimed(core, claim, frame_ds)\n"
         "    cut = tuple(replace(g, since_ds=g.since_ds - 600) for g in core.groups)\n"
         "    core = replace(core, groups=cut if request.source is Source.CABINET_PANEL else core.groups)\n", "K5", "panel_and_police"),
        ("crossing counted as empty after a power cut", "kernel/kernel.py",
         "ended_ds=now_ds, unprotected_ds=now_ds, waits_ds=state.waits_ds, more_ds",
         "waits_ds=state.waits_ds, more_ds", "K5", "power_cuts"),
        ("turns start while people clear", "kernel/outlook.py",
         "    clearing = a in tables.gives_way[b] and not _walks_on(state, target[a])",
         "    clearing = False", "K5", "turn_on_a_crossing"),
        ("turns start at the end of WALK", "kernel/outlook.py",
         "return state.right.is_green and right.is_green", "return state.right.is_green",
         "K5", "turn_on_a_crossing"),
        ("priority alone waits for who clears", "kernel/tables.py",
         "return kinds == (GroupKind.VEHICLE, GroupKind.CROSSING) and",
         "return kinds == (GroupKind.CROSSING, GroupKind.VEHICLE) and", "K5", "turn_on_a_crossing"),
        ("WALK runs out before who yields has started", "kernel/limits.py",
         "    return sum(1 << a for a in met if _runs_out", "    return sum(0 for a in met if _runs_out",
         "K4", "walk_put_off"),
        ("no lead for people", "kernel/outlook.py",
         "    for b in tables.leads:", "    for b in ():", "K5", "lead_and_longer"),
        ("lead counted from the WALK before", "kernel/outlook.py",
         "(groups[a].since_ds if groups[a].right.is_green else starts[a]) + tables",
         "(groups[a].ended_ds if groups[a].right.is_green else starts[a]) + tables",
         "K5", "lead_and_longer"),
        ("hours change a clearance that runs", "kernel/sequencer.py",
         "        if groups[g].right.is_green:\n            groups[g] = replace(groups[g], more_ds",
         "        if True:\n            groups[g] = replace(groups[g], more_ds", "K5", "lead_and_longer"),
        ("longer clearance not in the intergreen", "kernel/outlook.py",
         "tables.site.intergreen_ds[a][b] + state.more_ds", "tables.site.intergreen_ds[a][b]",
         "K5", "lead_and_longer"),
        ("longer clearance forgotten", "kernel/sequencer.py",
         "        more_ds=state.more_ds,\n", "", "K5", "lead_and_longer"),
        ("a special vehicle ends WALK at once", "kernel/kernel.py",
         "        must_end = limits.overdue(tables, groups, now_ds)\n        target",
         "        must_end = limits.overdue(tables, groups, now_ds)\n"
         "        ruling = precedence.ruling(core, now_ds)\n"
         "        must_end |= sum(1 << g for g in range(len(groups)) if tables.crossing[g] and ruling is not None\n"
         "                        and ruling.source is precedence.Source.PREEMPTION)\n        target",
         "K5", "special_vehicle_and_people"),
        ("a lead is over once WALK shows", "kernel/outlook.py",
         "(groups[a].since_ds if groups[a].right.is_green else starts[a]) + tables",
         "(NEVER_DS if groups[a].right.is_green else starts[a]) + tables", "K5", "special_vehicle_and_people"),
        # K7 start-up and leaving flash
        ("start-up skipped", "kernel/kernel.py",
         "now_ds), now_ds)\n        return KernelState(self._started_up(core, now_ds), now_ds)",
         "now_ds), now_ds)\n        return self.in_service(now_ds)", "K7", "power_cuts"),
        ("start-up flash skipped", "kernel/kernel.py",
         "        if not self.site.startup_flash_ds:", "        if True:", "K7", "power_cuts"),
        ("start-up flash one frame short", "kernel/kernel.py",
         "now_ds - core.since_ds >= self.site.startup_flash_ds",
         "now_ds - core.since_ds >= self.site.startup_flash_ds - 1", "K7", "power_cuts"),
        ("all red shorter than the longest intergreen", "kernel/kernel.py",
         "max([core.since_ds + self.site.startup_all_red_ds, *starts.values()])",
         "core.since_ds + self.site.startup_all_red_ds", "K7", "power_cuts"),
        ("all red skipped", "kernel/kernel.py",
         "max([core.since_ds + self.site.startup_all_red_ds, *starts.values()])",
         "max([now_ds, *starts.values()])", "K7", "power_cuts"),
        ("start-up wish queued", "kernel/gate.py",
         "    if core.mode in (Mode.START_FLASH, Mode.START_RED):",
         "    if core.mode is Mode.DARK and request is None:", "K7", "refusals_by_mode"),
        ("flash from all directions at once", "kernel/kernel.py",
         "        if not self._is_clear(groups, now_ds):",
         "        if any(s.right.is_green for s in groups):", "K7", "out_of_service"),
        ("flash without all red before", "kernel/kernel.py",
         "now_ds - state.since_ds >= self.site.red_revert_ds", "now_ds - state.since_ds >= 0",
         "K7", "out_of_service"),
        ("flash before walkers are out", "kernel/kernel.py",
         "now_ds - state.ended_ds >= clear_ds + state.more_ds", "now_ds - state.ended_ds >= 0", "K7", "out_of_service"),
        ("service resumed without start-up", "kernel/kernel.py",
         "            return self._started_up(replace(core, reason=\"resume\"), now_ds)",
         "            return self.in_service(now_ds).core", "K7", "out_of_service"),
        ("remembered stage resumed", "kernel/kernel.py",
         "since_ds=now_ds, stage=self.site.first_stage)\n", "since_ds=now_ds)\n", "K7", "out_of_service"),
        ("red revert ignored", "kernel/outlook.py",
         "own_interval_ds(tables, state, b) + tables.site.red_revert_ds",
         "own_interval_ds(tables, state, b)", "K7", "random_wishes"),
        ("red revert may be short", "domain/site_parts.py",
         "RED_REVERT_DS: Final = (20, 300)", "RED_REVERT_DS: Final = (0, 300)", "K7", "site_documents"),
        # K8 one gate
        ("partial write before validation", "kernel/gate.py",
         "    _check_time(core, request, now_ds)\n"
         "    _check_mode",
         "    object.__setattr__(core, 'stage', request.stage)\n"
         "    _check_time(core, request, now_ds)\n"
         "    _check_mode", "K8", "panel_and_police"),
        ("error raised after the stage pointer moved", "kernel/gate.py",
         "        name = tables.site.groups[core.forced].name\n",
         "        name = tables.site.groups[core.forced].name\n"
         "        object.__setattr__(core, \"stage\", request.stage)\n", "K8", "forced_service"),
        ("exception swallowed", "kernel/gate.py",
         "        detail = f\"sequence {request.sequence} of {request.source.name} is not new\"\n"
         "        raise RefusedError(\"K8/out-of-order\", detail)",
         "        pass", "K8", "panel_and_police"),
        ("is_police shortcut", "kernel/gate.py",
         "    if not request.issued_ds <= now_ds <= request.expires_ds:",
         "    if request.source is Source.POLICE:\n"
         "        return\n"
         "    if not request.issued_ds <= now_ds <= request.expires_ds:", "K8", "panel_and_police"),
        ("expired wish taken", "kernel/gate.py",
         "request.issued_ds <= now_ds <= request.expires_ds", "request.issued_ds <= now_ds",
         "K8", "panel_and_police"),
        ("wish of the future taken", "kernel/gate.py",
         "request.issued_ds <= now_ds <= request.expires_ds", "now_ds <= request.expires_ds",
         "K8", "panel_and_police"),
        ("unknown stage taken", "kernel/gate.py",
         "not 0 <= request.stage < len(tables.site.stages)",
         "not request.stage < len(tables.site.stages)", "K8", "panel_and_police"),
        ("True is a stage", "kernel/gate.py",
         "any(type(number) is not int for", "any(not isinstance(number, int) for",
         "K8", "panel_and_police"),
        ("fault mode takes wishes", "kernel/gate.py",
         "    if core.mode is Mode.FAULT:", "    if core.mode is None:", "K8", "refusals_by_mode"),
        # K10 time
        ("gap of the clock ignored", "kernel/gate.py",
         "CLOCK_GAP_DS: Final = 20", "CLOCK_GAP_DS: Final = 10**12", "K10", "clock_trouble"),
        ("step back ignored", "kernel/kernel.py",
         "        if not 0 <= gap_ds <= CLOCK_GAP_DS:", "        if not gap_ds <= CLOCK_GAP_DS:",
         "K10", "clock_trouble"),
        ("step back stretches intervals", "kernel/kernel.py",
         "            core = _shifted(core, gap_ds)", "            pass", "K10", "clock_trouble"),
        ("frames counted instead of time", "kernel/kernel.py",
         "        core = state.core\n"
         "        gap_ds",
         "        core, now_ds = state.core, state.frame_ds + 1\n"
         "        gap_ds", "K10", "slow_frames"),
        ("after clock trouble back to service", "kernel/kernel.py",
         "mode=Mode.CLEARING, after=Mode.START_RED, forced=-1",
         "mode=Mode.RUNNING, after=Mode.START_RED, forced=-1", "K10", "clock_trouble"),
        ("sleeps through a step back", "kernel/kernel.py",
         "core = replace(core, since_ds=now_ds, reason=\"clock\", wake_ds=now_ds)",
         "core = replace(core, since_ds=now_ds, reason=\"clock\")", "K10", "clock_trouble"),
        ("time.time() in a timer", "kernel/gate.py",
         "CLOCK_GAP_DS: Final = 20",
         "import time\n"
         "CLOCK_GAP_DS: Final = 20 + 0 * int(time.time())", "K10", "sources"),
        ("timer in floats", "kernel/gate.py",
         "CLOCK_GAP_DS: Final = 20", "CLOCK_GAP_DS: Final = 20.0", "K10", "sources"),
        *ROWS,
    )
)  # fmt: skip
