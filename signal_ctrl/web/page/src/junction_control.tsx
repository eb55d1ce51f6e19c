// What stands behind a junction: who controls it and why, its plan in its street, its detectors, its delays, its picture.
import { useEffect, useState } from "preact/hooks";
import { type Junction, junctions, nowMs } from "./city";
import type { PlanPart } from "./corridor";
import { inOrder, useTrails } from "./diagrams";
import { metresBetween } from "./geo";
import { say, sayAge, sayClock, sayTime, sayWord } from "./labels";
import { Told } from "./parts";
import { addressOf } from "./places";
import { Bar } from "./stage_bars";
import { TimeSpaceFigure } from "./time_space";
import { useFresh } from "./use_fresh";

interface Word {
  code: string;
  utc_ms: number;
  text: string;
}

interface Delay {
  minute_utc_ms: number;
  delay_s: number | null;
  flow_veh_h: number;
}

interface Control {
  says: Record<string, string>;
  words: Word[];
  plan: PlanPart | null;
  coming: PlanPart | null;
  delays: Delay[];
  picture_utc_ms: number | null;
}

interface Faulty {
  faults: { detector: string; code: string; text: string; since_utc_ms: number }[];
}

const EVERY_MS = 5_000;
const SLOWLY_MS = 20_000;
const WHY = ["decided", "control", "rung", "mode", "adviser", "start"];
const NEIGHBOURS = 2;
const NEAR_M = 800;
const MINUTES = 3;
const SPEED_KMH = 50;
const SMALL = 420;

export function JunctionControl({ name, now }: { name: string; now: Junction }) {
  const { found } = useFresh<Control>(`/v1/junctions/${encodeURIComponent(name)}/control`, EVERY_MS);
  if (found === null) return <p class="empty">{say("loading")}</p>;
  return (
    <>
      <Why found={found} now={now} />
      {found.plan && <PlanNow plan={found.plan} />}
      <InItsStreet name={name} />
      <Health name={name} />
      {found.delays.length > 0 && <Delays delays={found.delays} />}
      {found.picture_utc_ms !== null && <Picture name={name} takenMs={found.picture_utc_ms} />}
    </>
  );
}

function Why({ found, now }: { found: Control; now: Junction }) {
  const { mode, rung, adaptive } = { ...found.says, ...now.says };
  const words = found.words.filter((each) => WHY.includes(each.code));
  return (
    <section aria-label={say("control.why")}>
      <h2>{say("control.why")}</h2>
      <p>
        <strong>{rung === undefined ? say("state.never") : adaptive === "1" ? say("state.adaptive") : sayWord("rung", rung)}</strong>
        {mode !== undefined && ` · ${sayWord("mode", mode)}`}
      </p>
      {words.length === 0 && <p class="empty">{say("control.silent")}</p>}
      <ul class="words">
        {words.map((each) => (
          <li key={each.code}>
            <strong>{sayWord("word", each.code)}</strong>: <Told text={each.text} /> <small>{say("junction.ago", { age: sayAge((nowMs.value - each.utc_ms) / 1000) })}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The plan as a bar of its cycle, with where it is now. */
function PlanNow({ plan }: { plan: PlanPart }) {
  const cycleMs = plan.cycle_ds * 100;
  const at = (((nowMs.value - plan.offset_ds * 100) % cycleMs) + cycleMs) % cycleMs;
  const x = (ds: number): number => 4 + (ds / plan.cycle_ds) * 392;
  return (
    <figure>
      <figcaption>
        {say("plans.plan")} <strong>{plan.name}</strong> № {plan.number}: {plan.cycle_ds / 10} s, {say("plans.offset")} {plan.offset_ds / 10} s
      </figcaption>
      <svg class="diagram bars" viewBox="0 0 400 34" role="img" aria-label={plan.stages.map((each, k) => `${each} ${(plan.splits_ds[k] ?? 0) / 10} s`).join(", ")}>
        <Bar plan={{ ...plan, offset_ds: 0, signal_id: "", site: "" }} stages={plan.stages} x={x} y={6} />
        <path d={`M${x(at / 100)} 0v34`} stroke="#d55e00" stroke-width="3" />
      </svg>
    </figure>
  );
}

/** Returns a junction with its neighbours: those of its corridor, else the nearest ones. */
function streetOf(name: string): string[] {
  const own = junctions.value.get(name);
  if (own === undefined) return [name];
  const others = [...junctions.value.values()].filter((each) => each.junction !== name && each.lon !== null);
  const along = own.corridor ? others.filter((each) => each.corridor === own.corridor) : [];
  const from = along.length > 0 ? along : others.filter((each) => metresBetween(own, each) <= NEAR_M);
  const near = [...from].sort((a, b) => metresBetween(own, a) - metresBetween(own, b)).slice(0, NEIGHBOURS);
  return inOrder([name, ...near.map((each) => each.junction)]);
}

function InItsStreet({ name }: { name: string }) {
  const [names] = useState(() => streetOf(name));
  const { found } = useTrails(names);
  if (found === null || names.length < 2) return null;
  return (
    <section aria-label={say("control.street")}>
      <h2>{say("control.street")}</h2>
      <TimeSpaceFigure trails={found.junctions} nowMs={found.now_utc_ms} minutes={MINUTES} speedKmh={SPEED_KMH} marked={name} width={SMALL} />
      <a href={addressOf("engineer", "space")}>{say("engineer.space")}</a> · <a href={addressOf("engineer", "purdue")}>{say("engineer.purdue")}</a>
    </section>
  );
}

function Health({ name }: { name: string }) {
  const { found } = useFresh<Faulty>(`/v1/detectors?junction=${encodeURIComponent(name)}&limit=50`, SLOWLY_MS);
  if (found === null) return null;
  return (
    <section aria-label={say("detectors.health")}>
      <h2>{say("detectors.health")}</h2>
      {found.faults.length === 0 ? (
        <p class="empty">✔ {say("detectors.sound")}</p>
      ) : (
        <ul>
          {found.faults.map((each) => (
            <li key={`${each.detector}${each.code}`}>
              ⬣ <strong>{each.detector}</strong>: {each.code} {each.text} <small>{sayTime(each.since_utc_ms)}</small>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Delays({ delays }: { delays: readonly Delay[] }) {
  const known = delays.filter((each) => each.delay_s !== null);
  const last = known.at(-1);
  if (last === undefined) return <p class="empty">{say("delay.unknown")}</p>;
  const most = Math.max(20, ...known.map((each) => each.delay_s ?? 0));
  const [begin, end] = [delays[0]?.minute_utc_ms ?? 0, delays.at(-1)?.minute_utc_ms ?? 1];
  const x = (ms: number): number => 34 + ((ms - begin) / Math.max(end - begin, 60_000)) * 360;
  const y = (s: number): number => 88 - (s / most) * 80;
  const mean = known.reduce((sum, each) => sum + (each.delay_s ?? 0), 0) / known.length;
  const words = say("delay.words", { last: Math.round(last.delay_s ?? 0), mean: Math.round(mean), most: Math.round(Math.max(...known.map((each) => each.delay_s ?? 0))) });
  let line = "";
  let broken = true;
  for (const each of delays) {
    if (each.delay_s !== null) line += `${broken ? "M" : "L"}${x(each.minute_utc_ms).toFixed(1)} ${y(each.delay_s).toFixed(1)}`;
    broken = each.delay_s === null;
  }
  return (
    <section aria-label={say("delay.title")}>
      <h2>{say("delay.title")}</h2>
      <p>{words}</p>
      <svg class="diagram bars" viewBox="0 0 400 108" role="img" aria-label={words}>
        {[0, most / 2, most].map((each) => (
          <g key={each}>
            <path class="edge" d={`M34 ${y(each)}h362`} />
            <text x="30" y={y(each) + 4} text-anchor="end">
              {Math.round(each)} s
            </text>
          </g>
        ))}
        <path class="line" d={line} />
        <text x="34" y="104">
          {sayClock(begin).slice(0, 5)}
        </text>
        <text x="394" y="104" text-anchor="end">
          {sayClock(end).slice(0, 5)}
        </text>
      </svg>
    </section>
  );
}

/** The last picture of the junction; asked for again when the centre has another one. */
function Picture({ name, takenMs }: { name: string; takenMs: number }) {
  const [shown, setShown] = useState(true);
  useEffect(() => setShown(true), [takenMs]);
  if (!shown) return null;
  return (
    <figure>
      <img class="picture" src={`/v1/junctions/${encodeURIComponent(name)}/picture?at=${takenMs}`} alt={say("picture.alt", { name })} onError={() => setShown(false)} />
      <figcaption>{say("picture.taken", { time: sayTime(takenMs) })}</figcaption>
    </figure>
  );
}
