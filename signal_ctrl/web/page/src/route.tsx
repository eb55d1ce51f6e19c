// A green route: junctions in the order of the way, when the convoy reaches each, the price, arming, watching it.
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, may, Problem } from "./api";
import { junctions, mayOverride } from "./city";
import { convoys, stagesOf } from "./convoys";
import { metresBetween } from "./geo";
import { byName, say, sayWord } from "./labels";
import { CityMapView, picking } from "./map";
import { OverrideList } from "./overrides";
import { Ask, Field, useAct, Wrong } from "./parts";
import { PricedForm, WhyFields } from "./take_over";
import { units } from "./units_now";
import { useList } from "./use_list";

interface Stop {
  junction: string;
  stages: string[];
  stage: string;
  /** Along the roads from the first one, where the way was found there. [m] */
  awayM?: number;
  /** After the begin, by the times of a stored route. [s] */
  afterS?: number;
}

/** A green route of an emergency plan, as the library has it. */
interface Stored {
  route: string;
  title: string;
  convoy_s: number;
  stops: { cabinet: string; stage: string; after_s: number }[];
}

const LEAST_S = 60; // an override lasts a minute at least
const SPARE_S = 60;

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
  const [convoyS, setConvoy] = useState("30");
  const [leader, setLeader] = useState("");
  const [why, setWhy] = useState({ minutes: "", reason: "escort", caseNumber: "", note: "" });
  const [wrong, setWrong] = useState("");
  /** Stands in its place at once: junctions are picked faster than they are answered. */
  const add = async (name: string) => {
    setWrong("");
    setStops((now) => (now.some((each) => each.junction === name) ? now : [...now, { junction: name, stages: [], stage: "" }]));
    try {
      const stages = await stagesOf(name);
      setStops((now) => now.map((each) => (each.junction === name && each.stage === "" ? { ...each, stages, stage: stages[0] ?? "" } : each)));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setStops((now) => now.filter((each) => each.junction !== name || each.stage !== ""));
      setWrong(problem.message);
    }
  };
  useEffect(() => {
    picking.value = (name) => void add(name);
    return () => {
      picking.value = null;
    };
  }, []);
  const away = distances(stops);
  const begun = stops[0]?.afterS;
  const timed = begun !== undefined && stops.every((each) => each.afterS !== undefined);
  const arrivals = stops.map((each, at) => {
    const after = timed ? (each.afterS ?? 0) - begun : (away[at] ?? 0) / (Number(speedKmh) / 3.6);
    return Math.round(Number(firstS) + after);
  });
  const drive = (speed: string) => {
    setSpeed(speed);
    setStops(stops.map(({ afterS: _, ...each }) => each)); // no longer by the times of a stored route
  };
  const chosen = useRef("");
  const choose = async (route: Stored) => {
    chosen.current = route.route;
    const stages = await Promise.all(route.stops.map((each) => stagesOf(each.cabinet).catch(() => [])));
    if (chosen.current !== route.route) return; // another one has been chosen meanwhile
    setStops(route.stops.map((each, at) => ({ junction: each.cabinet, stages: stages[at] ?? [], stage: each.stage, afterS: each.after_s })));
    setFirst(String(route.stops[0]?.after_s ?? 60));
    setConvoy(String(route.convoy_s));
  };
  const wish = () => ({
    kind: "green_route",
    reason: why.reason,
    case: why.caseNumber,
    note: leader ? [`unit ${leader}`, why.note].filter(Boolean).join("; ") : why.note,
    convoy_s: Number(convoyS),
    lasts_s: Math.round(Number(why.minutes) * 60),
    route: stops.map((each, at) => ({ cabinet: each.junction, stage: each.stage, arrival_s: arrivals[at] })),
  });
  return (
    <div class="split">
      <CityMapView />
      <aside class="panel">
        <h1>{say("route.title")}</h1>
        {convoys.value.length > 0 && <OverrideList shown={convoys.value} />}
        <p>{say("route.pick")}</p>
        <StoredPicker onChosen={(route) => void choose(route)} />
        <WayFinder onFound={setStops} />
        <StopPicker taken={stops} onAdd={(name) => void add(name)} />
        <Wrong text={wrong} />
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
            {timed && ` · ${say("route.timed")}`}
          </p>
        ) : (
          <p class="empty">{say("route.needs")}</p>
        )}
        {mayOverride() ? (
          <PricedForm wish={wish} onIssued={() => setStops([])} ready={stops.length > 1 && stops.every((each) => each.stage)}>
            <Field label={say("route.speed")}>
              <input type="number" min={5} max={120} required value={speedKmh} onInput={(e) => drive(e.currentTarget.value)} />
            </Field>
            <Field label={say("route.start")}>
              <input type="number" min={0} max={3600} required value={firstS} onInput={(e) => setFirst(e.currentTarget.value)} />
            </Field>
            <Field label={say("route.convoy")}>
              <input type="number" min={0} max={600} required value={convoyS} onInput={(e) => setConvoy(e.currentTarget.value)} />
            </Field>
            {units.value.length > 0 && (
              <Field label={say("route.leader")}>
                <select name="leader" value={leader} onChange={(e) => setLeader(e.currentTarget.value)}>
                  <option value="">{say("route.leader.none")}</option>
                  {units.value.map(({ unit }) => (
                    <option key={unit.unit} value={unit.unit}>
                      {unit.unit} ({sayWord("ukind", unit.kind)})
                    </option>
                  ))}
                </select>
              </Field>
            )}
            <WhyFields draft={why} change={(part) => setWhy({ ...why, ...part })} />
          </PricedForm>
        ) : (
          <p class="empty">{say("control.none")}</p>
        )}
        {may("manage_plans") && stops.length > 1 && <StoreIt stops={stops} arrivals={arrivals} convoyS={Number(convoyS)} />}
      </aside>
    </div>
  );
}

/** The routes that stand in the emergency plans of the library. */
function StoredPicker({ onChosen }: { onChosen: (route: Stored) => void }) {
  const { found, wrong } = useList<Stored>("/v1/stored-routes");
  if (found.length === 0) return wrong ? <Wrong text={wrong} /> : <p class="empty">{say("route.stored.none")}</p>;
  return (
    <Field label={say("route.stored")}>
      <select
        name="stored"
        value=""
        onChange={(e) => {
          const route = found.find((each) => each.route === e.currentTarget.value);
          if (route) onChosen(route);
          e.currentTarget.value = "";
        }}
      >
        <option value="" />
        {found.map((each) => (
          <option key={each.route} value={each.route}>
            {each.route}: {each.title} ({each.stops.length})
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Takes the route into the library as an emergency plan, for engineers. */
function StoreIt({ stops, arrivals, convoyS }: { stops: readonly Stop[]; arrivals: readonly number[]; convoyS: number }) {
  const [name, setName] = useState("");
  const [stored, setStored] = useState("");
  const [asking, setAsking] = useState(false);
  const { busy, wrong, act } = useAct();
  const store = () =>
    act(async () => {
      const lasts = Math.max((arrivals.at(-1) ?? 0) + convoyS + SPARE_S, LEAST_S);
      const route = stops.map((each, at) => ({ cabinet: each.junction, stage: each.stage, arrival_s: arrivals[at] }));
      const document = {
        format: "signal-ctrl response 1",
        name,
        title: `${stops[0]?.junction} – ${stops.at(-1)?.junction}`,
        kind: "vip route",
        lasts_s: lasts + SPARE_S,
        override: [{ name: "way", kind: "green_route", reason: "escort", convoy_s: convoyS, lasts_s: lasts, route }],
      };
      await ask("POST", "/v1/responses", { document: JSON.stringify(document), note: "" });
      setStored(name);
    });
  return (
    <form class="bar" onSubmit={(e) => (e.preventDefault(), setAsking(true))}>
      <Field label={say("route.store.name")}>
        <input name="route-name" required maxLength={64} pattern="[A-Za-z0-9._\-]+" value={name} onInput={(e) => setName(e.currentTarget.value)} />
      </Field>
      <button disabled={busy}>{say("route.store")}</button>
      {asking && <Ask text={say("route.store.ask", { name })} yes={say("route.store")} onNo={() => setAsking(false)} onYes={() => (setAsking(false), void store())} />}
      <Wrong text={wrong} />
      {stored && <p role="status">✔ {say("route.store.done", { name: stored })}</p>}
    </form>
  );
}

/** Start and end, and the quickest way between them over the roads as they are now. */
function WayFinder({ onFound }: { onFound: (stops: Stop[]) => void }) {
  const [ends, setEnds] = useState({ start: "", end: "" });
  const { busy, wrong, act } = useAct();
  const names = [...junctions.value.keys()].sort(byName);
  const find = () =>
    act(async () => {
      const query = `start=${encodeURIComponent(ends.start)}&end=${encodeURIComponent(ends.end)}`;
      const way = await ask<{ cabinet: string; stage: string; away_m: number }[]>("GET", `/v1/convoy-way?${query}`);
      const stages = await Promise.all(way.map((each) => stagesOf(each.cabinet)));
      onFound(way.map((each, at) => ({ junction: each.cabinet, stages: stages[at] ?? [], stage: each.stage || (stages[at]?.[0] ?? ""), awayM: each.away_m })));
    });
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
      <button type="submit" disabled={busy}>
        {say("route.find")}
      </button>
      <Wrong text={wrong} />
    </form>
  );
}

function StopPicker({ taken, onAdd }: { taken: readonly Stop[]; onAdd: (name: string) => void }) {
  const free = [...junctions.value.keys()].filter((name) => !taken.some((each) => each.junction === name)).sort(byName);
  return (
    <Field label={say("route.add")}>
      <select
        name="add"
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
