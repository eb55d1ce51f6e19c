#!/usr/bin/env python3
"""Independent referee of service (K4): does everybody with a call get green within the maximum red?

usage: check_service.py RUN_DIR IMPORT_DIR [--grace S] [--json]

RUN_DIR is the folder of a run under loops: its event log (events.parquet, Indiana codes), its network (net.xml), and
from result.json nothing but begin and end. IMPORT_DIR is what `signal-ctrl scenarios import` writes of the same
scenario and profile: the site documents, which say what the maximum reds are, and loops.add.xml, which says where the
loops lie. Nothing that the engine thought is read, and none of its code is used.

Who has a call:
  loops    Somebody stands on a stop-line loop (within 15 m of the stop line) at a whole second when no group that
           its lane leads to has green, amber being over. One of these groups has to turn green within the longest of
           their maximum reds. Where the lane leads to one group only, it is that one.
  refused  Somebody stays on the loop through 20 s of unbroken green of a group: that group is not what is wanted, so
           the others of the lane are called for.
  recall   A crossing, or a group that no lane with a loop leads to, calls from the end of each green on.
A call is kept until green comes. A wait longer than the maximum red and --grace (1 s: loops are looked at once a
second) is a violation. Groups that no stage gives green, and letters that no link of the network uses, are left out. The longest red of all (from end to begin of
green, whether anybody called or not) is told beside it, and so is the longest wait of a call.
Exits 0 clean, 1 violations, 2 unusable input.
"""
import argparse
import json
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

STARTS, ENDS, ON, OFF = (1, 21), (8, 12, 22), 82, 81
STOP_REACH_M, LOOP_REACH_M, REFUSED_DS = 15.0, 400.0, 200


class Unusable(Exception):
    """The input cannot be judged."""


def read_events(path):
    """Yield (time [ds], signal, code, parameter) in the order of the log."""
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Unusable(f"{path}: {error}") from error
    return list(frame.select("time_ds", "device", "code", "parameter").iter_rows())


class Streets:
    """The network as far as loops need it: which links lie ahead of a place on a lane, and how far."""

    def __init__(self, net):
        self.length, self.onward, self.via, self.links = {}, defaultdict(list), {}, defaultdict(list)
        self.signalled = set()
        for element in ET.parse(net).getroot():
            if element.tag == "edge":
                for lane in element.findall("lane"):
                    self.length[lane.get("id")] = float(lane.get("length"))
            elif element.tag == "connection":
                self.connection(element)

    def connection(self, element):
        source = f'{element.get("from")}_{element.get("fromLane")}'
        if element.get("tl"):
            self.signalled.add((element.get("tl"), int(element.get("linkIndex"))))
        if element.get("from").startswith(":"):
            if element.get("via"):
                self.via[source] = element.get("via")
            return
        target = f'{element.get("to")}_{element.get("toLane")}'
        if element.get("tl"):
            self.links[source].append((element.get("tl"), int(element.get("linkIndex"))))
        elif element.get("dir") != "t":
            self.onward[source].append((target, element.get("via")))

    def inner(self, lane):
        """Metres inside a node, along the internal lanes that begin with this one."""
        total, seen = 0.0, set()
        while lane and lane not in seen:
            seen.add(lane)
            total += self.length.get(lane, 0.0)
            lane = self.via.get(lane)
        return total

    def ahead(self, signal, lane, left, reach):
        """Return the links of a signal that can be reached from a lane with `left` metres of it to go."""
        found, pending, best = set(), [(lane, left)], {}
        while pending:
            here, way = pending.pop()
            if way > reach or best.get(here, 1e9) <= way:
                continue
            best[here] = way
            own = [link for tl, link in self.links.get(here, ()) if tl == signal]
            found.update(own)
            if not self.links.get(here):
                pending += [(to, way + self.inner(via) + self.length[to]) for to, via in self.onward.get(here, ())
                            if to in self.length]
        return found


class Signal:
    """One signal: its site document, and by channel what its loops lead to."""

    def __init__(self, document):
        self.name = document["signal_id"]
        self.groups = document["groups"]
        self.served = [any(stage["rights"][g] in "gG" for stage in document["stages"]) for g in range(len(self.groups))]
        self.group_of = {link: g for g, group in enumerate(self.groups) for link in group["links"]}
        self.stop, self.seen, self.used = {}, set(), set(range(len(self.groups)))

    def add_loop(self, streets, channel, lane, left):
        wanted = {self.group_of.get(link) for link in streets.ahead(self.name, lane, left, STOP_REACH_M)}
        self.seen |= {self.group_of.get(link) for link in streets.ahead(self.name, lane, left, LOOP_REACH_M)}
        if wanted and None not in wanted:  # a link that nobody switches may always be driven
            self.stop[channel] = wanted

    def on_recall(self, g):
        return self.groups[g]["kind"] == "crossing" or g not in self.seen


def read_signals(folder, net):
    """Return the signals of an import with their loops."""
    try:
        documents = [json.loads(path.read_text()) for path in sorted((folder / "sites").glob("*.json"))]
        signals = {each["signal_id"]: Signal(each) for each in documents}
        streets = Streets(net)
        for signal in signals.values():
            signal.used = {signal.group_of.get(link) for tl, link in streets.signalled if tl == signal.name}
        for loop in ET.parse(folder / "loops.add.xml").getroot().iter("inductionLoop"):
            name, _, channel = loop.get("id").rpartition("/")
            left = streets.length[loop.get("lane")] - float(loop.get("pos")) - float(loop.get("length"))
            signals[name].add_loop(streets, int(channel), loop.get("lane"), max(left, 0.0))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ET.ParseError) as error:
        raise Unusable(f"{folder} or {net}: {type(error).__name__} {error}") from error
    if not signals:
        raise Unusable(f"{folder} has no site")
    return signals


def spans(events, starts, ends, key, end_ds):
    """Return by key the spans from a start to the next end."""
    found, since = defaultdict(list), {}
    for at_ds, _, code, parameter in events:
        if code in starts:
            since.setdefault(key(parameter), at_ds)
        elif code in ends and key(parameter) in since:
            found[key(parameter)].append((since.pop(key(parameter)), at_ds))
    for name, at_ds in since.items():
        found[name].append((at_ds, end_ds + 1))
    return found


def reds(greens, begin_ds, end_ds):
    """Return the gaps between greens."""
    edges = [begin_ds] + [edge for span in greens for edge in span] + [end_ds]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2]) if b > a]


def next_green(greens, at_ds):
    """Return when green begins next, at_ds itself if it is green then; None if never."""
    return next((max(start, at_ds) for start, stop in greens if stop > at_ds), None)


def loop_calls(signal, stays, greens):
    """Yield (time, groups): one of these has to turn green."""
    for channel, wanted in signal.stop.items():
        for on_ds, off_ds in stays.get(channel, ()):
            refused = {g for g in wanted
                       if any(min(stop, off_ds) - max(start, on_ds) >= REFUSED_DS for start, stop in greens.get(g, ()))}
            for groups in {frozenset(wanted), frozenset(wanted - refused)} - {frozenset()}:
                at_ds = first_wait(signal, groups, greens, on_ds, off_ds)
                if at_ds is not None:
                    yield at_ds, groups


def first_wait(signal, groups, greens, on_ds, off_ds):
    """Return the first whole second of a stay at which none of the groups has green or amber."""
    at_ds = -(-on_ds // 10) * 10
    while at_ds < off_ds:
        lit = [stop + signal.groups[g].get("amber_ds", 0) for g in groups for start, stop in greens.get(g, ())
               if start <= at_ds < stop + signal.groups[g].get("amber_ds", 0)]
        if not lit:
            return at_ds
        at_ds = max(-(-max(lit) // 10) * 10, at_ds + 10)
    return None


def judge_signal(signal, events, begin_ds, end_ds, grace_ds):
    """Return longest red, longest wait, number of calls and violations of one signal."""
    greens = spans([e for e in events if e[2] in STARTS + ENDS], STARTS, ENDS, lambda n: n - 1, end_ds)
    stays = spans([e for e in events if e[2] in (ON, OFF)], (ON,), (OFF,), int, end_ds)
    calls = list(loop_calls(signal, stays, greens))
    longest = (0, None)
    for g, group in enumerate(signal.groups):
        if not signal.served[g] or g not in signal.used:
            continue
        gaps = reds(greens.get(g, []), begin_ds, end_ds)
        longest = max([longest, *((b - a, group["name"]) for a, b in gaps)], key=lambda each: each[0])
        if signal.on_recall(g):
            calls += [(a, frozenset({g})) for a, _ in gaps]
    wait, broken = (0, None), []
    for at_ds, groups in calls:
        groups = [g for g in groups if signal.served[g]]
        if not groups:
            continue
        came = [t for t in (next_green(greens.get(g, ()), at_ds) for g in groups) if t is not None]
        waited_ds = min([*came, end_ds]) - at_ds
        names = " or ".join(signal.groups[g]["name"] for g in sorted(groups))
        wait = max(wait, (waited_ds, names), key=lambda each: each[0])
        if waited_ds > max(signal.groups[g]["max_red_ds"] for g in groups) + grace_ds:
            broken.append((at_ds, names, waited_ds))
    return longest, wait, len(calls), sorted(set(broken))


def judge(signals, events, begin_ds, end_ds, grace_ds=10):
    """Return the verdict on a whole run. Times in tenths of a second in, seconds out."""
    by_signal = defaultdict(list)
    for event in events:
        by_signal[event[1]].append(event)
    unknown = sorted(set(by_signal) - set(signals))
    if unknown or not by_signal:
        raise Unusable(f"signals of the log that the import has not: {unknown[:5]}" if unknown else "the log is empty")
    red, wait, calls, violations = (0, "", None), (0, "", None), 0, []
    for name, own in sorted(by_signal.items()):
        longest, waited, count, broken = judge_signal(signals[name], own, begin_ds, end_ds, grace_ds)
        red = max(red, (longest[0], name, longest[1]), key=lambda each: each[0])
        wait = max(wait, (waited[0], name, waited[1]), key=lambda each: each[0])
        calls += count
        violations += [{"signal": name, "groups": groups, "called_s": at_ds / 10, "waited_s": waited_ds / 10}
                       for at_ds, groups, waited_ds in broken]
    return {"signals": len(by_signal), "calls": calls, "longest_red_s": red[0] / 10, "longest_red_at": f"{red[1]} {red[2]}",
            "longest_wait_s": wait[0] / 10, "longest_wait_at": f"{wait[1]} {wait[2]}", "violations": violations}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("imported", type=Path)
    parser.add_argument("--grace", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        result = json.loads((asked.run / "result.json").read_text())
        times_ds = [round(10 * float(result[name])) for name in ("begin_s", "end_s")]
        signals = read_signals(asked.imported, asked.run / "net.xml")
        found = judge(signals, read_events(asked.run / "events.parquet"), *times_ds, round(10 * asked.grace))
    except (Unusable, OSError, ValueError, KeyError, TypeError) as error:
        print(f"cannot judge: {error}", file=sys.stderr)
        return 2
    if asked.json:
        print(json.dumps(found))
        return 1 if found["violations"] else 0
    for each in found["violations"][:20]:
        print(f"{each['called_s']:g} s  {each['signal']}  {each['groups']} waited {each['waited_s']:g} s")
    print(f"{found['signals']} signals, {found['calls']} calls, longest wait {found['longest_wait_s']:g} s "
          f"({found['longest_wait_at']}), longest red {found['longest_red_s']:g} s ({found['longest_red_at']}), "
          f"{len(found['violations'])} violations")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
