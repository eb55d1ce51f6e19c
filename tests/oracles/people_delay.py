#!/usr/bin/env python3
"""Independent figures of buses, passengers and people on foot, recomputed from SUMO's own files alone.

usage: people_delay.py RUN EVIDENCE

RUN has net.xml, settings.json and tripinfo.xml.gz, EVIDENCE trajectories.parquet, walkers.parquet and stops.xml.gz. Prints one
JSON object; definitions as in docs/measures.md. Shares no code with what it checks: everything is walked through
second by second, vehicle by vehicle.
"""

import gzip
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path


BUS = ("bus", "coach")
READ = """
import json, polars, sys
frame, key = polars.read_parquet(sys.argv[1]), sys.argv[2]
rows = frame.drop_nulls(key).sort("timestep_time").to_dicts() if key in frame.columns else []
json.dump(rows, sys.stdout)
"""


def tree(path):
    data = path.read_bytes()
    return ET.fromstring(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def rows_of(path, name):
    key = f"{name}_id"  # read in a process of its own: the threads of polars would hang a later fork of this one
    told = subprocess.run([sys.executable, "-c", READ, str(path), key], capture_output=True, text=True, check=True)
    found = defaultdict(list)
    for row in json.loads(told.stdout):
        found[row[key]].append(row)
    return found


def bus_pieces(rows, stop_lanes, limits, factor, halts, end_s):
    """Yield (signal, seconds lost) of one bus, piece by piece; the last one is what it lost before no stop line yet."""
    lost, way = [0.0], [0.0]
    crossed = []
    for k, row in enumerate(rows):
        free, t = limits[row["vehicle_lane"]] * factor, row["timestep_time"]
        could = free
        for began, ended in halts:
            ended = end_s if ended < 0 else ended
            if t < began:
                could = min(could, 4.0 * (began - t))
            elif t > ended:
                could = min(could, 1.2 * (t - ended))
            else:
                could = 0.0
        lost.append(lost[-1] + min(max(could - row["vehicle_speed"], 0.0) / free, 1.0))
        way.append(way[-1] + row["vehicle_speed"])
        edge = row["vehicle_lane"].rpartition("_")[0]
        before = rows[k - 1]["vehicle_lane"].rpartition("_")[0] if k else edge
        if before != edge and before in stop_lanes:
            crossed.append((stop_lanes[before], k))
    since = 0
    for n, (signal, k) in enumerate(crossed):
        room = (way[crossed[n + 1][1]] - way[k]) / 2 if n + 1 < len(crossed) else 100.0
        cut = k
        while cut < len(rows) and way[cut + 1] <= way[k] + min(100.0, room):
            cut += 1
        yield signal, lost[cut] - lost[since]
        since = cut
    yield None, lost[-1] - lost[since]


def buses(run, evidence, end_s):
    net = tree(run / "net.xml")
    limits = {lane.get("id"): float(lane.get("speed")) for lane in net.iter("lane")}
    stop_lanes = {c.get("from"): c.get("tl") for c in net.iter("connection") if c.get("tl") and c.get("from")[0] != ":"}
    halts = defaultdict(list)
    for stop in tree(evidence / "stops.xml.gz").iter("stopinfo"):
        halts[stop.get("id")].append((float(stop.get("started")), float(stop.get("ended"))))
    rows = rows_of(evidence / "trajectories.parquet", "vehicle")
    total, passed, number, before, before_lost = 0.0, 0, 0, 0, 0.0
    newest = max(row["timestep_time"] for own in rows.values() for row in own)
    for trip in tree(run / "tripinfo.xml.gz").iter("tripinfo"):
        if trip.get("vType") in BUS and trip.get("id") in rows:
            number += 1
            found = list(
                bus_pieces(
                    rows[trip.get("id")],
                    stop_lanes,
                    limits,
                    float(trip.get("speedFactor")),
                    halts[trip.get("id")],
                    end_s,
                )
            )
            total += sum(lost for signal, lost in found if signal)
            passed += sum(1 for signal, _ in found if signal)
            last = rows[trip.get("id")][-1]
            if last["timestep_time"] == newest and last["vehicle_lane"].rpartition("_")[0] in stop_lanes:
                before += 1
                before_lost += found[-1][1]
    return {
        "buses": number,
        "passed": passed,
        "lost_at_passed_s": total,
        "on_an_approach_at_the_end": before,
        "lost_there_s": before_lost,
    }


def people(run, evidence):
    rows = rows_of(evidence / "walkers.parquet", "person")
    persons, lost, finished, theirs, waits, rides = 0, 0.0, 0.0, 0.0, 0.0, 0
    for person in tree(run / "tripinfo.xml.gz").iter("personinfo"):
        persons += 1
        for stage in person:
            if stage.tag == "ride":
                if float(stage.get("waitingTime")) >= 0:  # else still on the way to the stop
                    rides += 1
                    waits += float(stage.get("waitingTime"))
                continue
            begun, ended, free = (float(stage.get(name, -1)) for name in ("depart", "arrival", "maxSpeed"))
            if begun < 0:
                continue
            mine = [
                r
                for r in rows[person.get("id")]
                if begun <= r["timestep_time"] and (ended < 0 or r["timestep_time"] < ended)
            ]
            own = sum(min(max(1.0 - r["person_speed"] / free, 0.0), 1.0) for r in mine)
            lost += own
            if ended >= 0:
                finished += own
                theirs += float(stage.get("timeLoss"))
    return {
        "persons": persons,
        "lost_on_foot_s": lost,
        "lost_on_finished_s": finished,
        "sumo_lost_on_finished_s": theirs,
        "rides": rides,
        "waited_s": waits,
    }


def main():
    run, evidence = Path(sys.argv[1]), Path(sys.argv[2])
    end_s = json.loads((run / "settings.json").read_text())["end_s"]
    print(json.dumps(buses(run, evidence, end_s) | people(run, evidence)))


if __name__ == "__main__":
    main()
