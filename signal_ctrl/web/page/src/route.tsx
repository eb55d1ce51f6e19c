// A green route: junctions in the order of the way, when the convoy reaches each, the price, arming.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";
import { junctions, mayOverride } from "./city";
import { metresBetween } from "./geo";
import { say } from "./labels";
import { CityMapView, picking } from "./map";
import { Field, Wrong } from "./parts";
import { PricedForm, WhyFields } from "./take_over";

interface Stop {
  junction: string;
  stages: string[];
  stage: string;
  /** Along the roads from the first one, where the way was found there. [m] */
  awayM?: number;
}

/** Returns how far each stop is from the first one: along the roads where all of a found way stand, else along the stops. [m] */
function distances(stops: readonly Stop[]): number[] {
  const first = stops[0]?.awayM;
  if (first !== undefined && stops.every((each) => each.awayM !== undefined)) return stops.map((each) => (each.awayM ?? 0) - first);
  const known = junctions.value;
  let total = 0;
  return stops.map((stop, at) => {
    const [before, here] = [known.get(stops[at - 1]?.junction ?? ""), known.get(stop.junction)];
    if (before && here) total += metresBetween(before, here);
    return total;
  });
}

export function RouteView() {
  const [stops, setStops] = useState<Stop[]>([]);
  const [speedKmh, setSpeed] = useState("40");
  const [firstS, setFirst] = useState("60");
  const [why, setWhy] = useState({ minutes: "", reason: "escort", caseNumber: "", note: "" });
  const add = async (name: string) => {
    const stages = await stagesOf(name);
    setStops((now) => (now.some((each) => each.junction === name) ? now : [...now, { junction: name, stages, stage: stages[0] ?? "" }]));
  };
  useEffect(() => {
    picking.value = (name) => void add(name);
    return () => {
      picking.value = null;
    };
  }, []);
  const away = distances(stops);
  const arrivals = away.map((metres) => Math.round(Number(firstS) + metres / (Number(speedKmh) / 3.6)));
  const wish = () => ({
    kind: "green_route",
    reason: why.reason,
    case: why.caseNumber,
    note: why.note,
    lasts_s: Math.round(Number(why.minutes) * 60),
    route: stops.map((each, at) => ({ cabinet: each.junction, stage: each.stage, arrival_s: arrivals[at] })),
  });
  return (
    <div class="split">
      <CityMapView />
      <aside class="panel">
        <h1>{say("route.title")}</h1>
        <p>{say("route.pick")}</p>
        <WayFinder onFound={setStops} />
        <StopPicker taken={stops} onAdd={(name) => void add(name)} />
        <ol class="stops">
          {stops.map((stop, at) => (
            <li key={stop.junction}>
              <strong>{stop.junction}</strong> · {say("route.arrival", { s: arrivals[at] ?? 0 })}
              <select
                aria-label={`${say("stage")} ${stop.junction}`}
                value={stop.stage}
                onChange={(e) => {
                  const stage = e.currentTarget.value;
                  setStops(stops.map((each) => (each === stop ? { ...each, stage } : each)));
                }}
              >
                {stop.stages.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
              <button type="button" onClick={() => setStops(stops.filter((each) => each !== stop))}>
                {say("route.remove")}
              </button>
            </li>
          ))}
        </ol>
        {stops.length > 1 ? (
          <p role="status">
            {say("route.junctions", { n: stops.length, m: Math.round(away.at(-1) ?? 0), s: (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0) })}
          </p>
        ) : (
          <p class="empty">{say("route.needs")}</p>
        )}
        {mayOverride() ? (
          <PricedForm wish={wish} onIssued={() => undefined} ready={stops.length > 1}>
            <Field label={say("route.speed")}>
              <input type="number" min={5} max={120} required value={speedKmh} onInput={(e) => setSpeed(e.currentTarget.value)} />
            </Field>
            <Field label={say("route.start")}>
              <input type="number" min={0} max={3600} required value={firstS} onInput={(e) => setFirst(e.currentTarget.value)} />
            </Field>
            <WhyFields draft={why} change={(part) => setWhy({ ...why, ...part })} />
          </PricedForm>
        ) : (
          <p class="empty">{say("control.none")}</p>
        )}
      </aside>
    </div>
  );
}

async function stagesOf(junction: string): Promise<string[]> {
  const { site } = await ask<{ site: { stages?: { name: string }[] } }>("GET", `/v1/junctions/${encodeURIComponent(junction)}`);
  return (site.stages ?? []).map((each) => each.name);
}

/** Start and end, and the quickest way between them over the roads as they are now. */
function WayFinder({ onFound }: { onFound: (stops: Stop[]) => void }) {
  const [ends, setEnds] = useState({ start: "", end: "" });
  const [wrong, setWrong] = useState("");
  const names = [...junctions.value.keys()].sort();
  const find = async () => {
    setWrong("");
    try {
      const query = `start=${encodeURIComponent(ends.start)}&end=${encodeURIComponent(ends.end)}`;
      const way = await ask<{ cabinet: string; stage: string; away_m: number }[]>("GET", `/v1/convoy-way?${query}`);
      const stages = await Promise.all(way.map((each) => stagesOf(each.cabinet)));
      onFound(way.map((each, at) => ({ junction: each.cabinet, stages: stages[at] ?? [], stage: each.stage || (stages[at]?.[0] ?? ""), awayM: each.away_m })));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWrong(problem.message);
    }
  };
  return (
    <form class="ends" onSubmit={(e) => (e.preventDefault(), void find())}>
      {(["start", "end"] as const).map((each) => (
        <Field key={each} label={say(each === "start" ? "route.from" : "route.to")}>
          <select required value={ends[each]} onChange={(e) => setEnds({ ...ends, [each]: e.currentTarget.value })}>
            <option value="" />
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
      ))}
      <button type="submit">{say("route.find")}</button>
      <Wrong text={wrong} />
    </form>
  );
}

function StopPicker({ taken, onAdd }: { taken: readonly Stop[]; onAdd: (name: string) => void }) {
  const free = [...junctions.value.keys()].filter((name) => !taken.some((each) => each.junction === name)).sort();
  return (
    <Field label={say("route.add")}>
      <select
        value=""
        onChange={(e) => {
          if (e.currentTarget.value) onAdd(e.currentTarget.value);
          e.currentTarget.value = "";
        }}
      >
        <option value="" />
        {free.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </Field>
  );
}
