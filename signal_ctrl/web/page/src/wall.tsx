// The wall: key figures, states, alarms and overrides at a glance.
import { useEffect, useState } from "preact/hooks";
import { ask } from "./api";
import { acts, alarms, junctions, nowMs, overrides, STATES, stateLabel, stateOf, tickets } from "./city";
import { say, sayTime, sayWord } from "./labels";
import { AlarmTable } from "./lists";
import { CityMapView, Sign } from "./map";
import { Table } from "./parts";
import { OverrideList } from "./overrides";
import { congestion } from "./roads";

const MOST_ALARMS = 10;

function useDetectorsDown(): number | null {
  const [down, setDown] = useState<number | null>(null);
  useEffect(() => {
    ask<{ faults: unknown[] }>("GET", "/v1/detectors?limit=2000").then(
      (found) => setDown(found.faults.length),
      () => setDown(null),
    );
  }, [acts.value]);
  return down;
}

const MOST_ROADS = 10;

function WorstRoads() {
  const worst = congestion.value?.jammed.slice(0, MOST_ROADS) ?? [];
  return (
    <>
      <h2>{say("wall.worst")}</h2>
      <Table
        label={say("wall.worst")}
        head={[say("column.road"), say("column.level"), "km/h", say("column.queue")]}
        rows={worst.map((each) => [
          each.name || each.link,
          sayWord("level", each.level),
          each.speed_mps === null ? "–" : (each.speed_mps * 3.6).toFixed(0),
          each.queue_m === null ? "–" : `${Math.round(each.queue_m)} m`,
        ])}
        empty={say("wall.flowing")}
      />
    </>
  );
}

export function WallView() {
  const down = useDetectorsDown();
  const all = [...junctions.value.values()];
  const heard = all.filter((each) => each.link === "online").length;
  const active = overrides.value.filter((each) => each.state === "active");
  const trunk = congestion.value?.trunk;
  const trunkText = trunk?.speed_kmh == null ? "–" : `${trunk.speed_kmh.toFixed(1)} km/h ${trunk.reached ? "✔" : "✖"}`;
  const figures: [string, string][] = [
    [say("wall.clock"), sayTime(nowMs.value).slice(-8)],
    [say("wall.trunk", { wanted: trunk?.wanted_kmh ?? 40 }), trunkText],
    [say("wall.jammed"), congestion.value === null ? "–" : `${congestion.value.whole.jammed}`],
    [say("wall.junctions"), `${all.length}`],
    [say("wall.online"), `${heard}`],
    [say("wall.alarms"), `${alarms.value.length}`],
    [say("wall.overrides"), `${active.length}`],
    [say("wall.detectors"), down === null ? "–" : `${down}`],
    [say("wall.tickets"), `${tickets.value.filter((each) => each.state !== "closed").length}`],
  ];
  return (
    <div class="wall">
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <CityMapView />
      <section class="wall-side">
        <h2>{say("wall.states")}</h2>
        <ul class="states">
          {STATES.map((state) => (
            <li key={state}>
              <Sign state={state} /> {all.filter((each) => stateOf(each) === state).length} {say(stateLabel(state))}
            </li>
          ))}
        </ul>
        {congestion.value !== null && <WorstRoads />}
        <h2>{say("view.overrides")}</h2>
        <OverrideList shown={overrides.value} />
        <h2>{say("view.alarms")}</h2>
        <AlarmTable shown={alarms.value.slice(0, MOST_ALARMS)} />
      </section>
    </div>
  );
}
