// Diagrams from live data: a street over time, and the arrivals at one signal group over its cycles.
import { computed, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { junctions } from "./city";
import { cyclesOf, type Cycle, greensOf, type Trail } from "./corridor";
import { metresBetween } from "./geo";
import { byName, say, sayClock } from "./labels";
import { CityMapView, picking } from "./map";
import { Field, Table, Wrong } from "./parts";
import { TimeSpaceFigure, TimeSpaceNumbers, useWindow } from "./time_space";
import { useFresh } from "./use_fresh";

export interface Trails {
  now_utc_ms: number;
  junctions: Trail[];
}

const EVERY_MS = 5_000;
const MOST = 20; // the centre answers for so many at once
const KEPT_MIN = 15;

/** The street that is looked at, in its order; kept while the page is open. */
const street = signal<readonly string[]>([]);

const corridors = computed(() => {
  const found = new Map<string, string[]>();
  for (const each of junctions.value.values()) {
    if (each.corridor) found.set(each.corridor, [...(found.get(each.corridor) ?? []), each.junction]);
  }
  return new Map([...found].filter(([, names]) => names.length > 1));
});

/** Returns junctions in the order of the street that they lie on: along the line between the two farthest of them. */
export function inOrder(names: readonly string[]): string[] {
  const placed = names.map((name) => junctions.value.get(name)).filter((each) => each !== undefined);
  let ends = { from: placed[0], farM: 0 };
  for (const one of placed) for (const other of placed) {
    const farM = metresBetween(one, other);
    if (farM > ends.farM) ends = { from: one, farM };
  }
  const { from } = ends;
  if (from === undefined) return [];
  return placed.map((each) => ({ name: each.junction, m: metresBetween(from, each) })).sort((a, b) => a.m - b.m).map((each) => each.name);
}

export function useTrails(names: readonly string[]): { found: Trails | null; wrong: string } {
  const asked = names.slice(0, MOST).map((each) => `junction=${encodeURIComponent(each)}`).join("&");
  return useFresh<Trails>(asked && `/v1/greens?${asked}`, EVERY_MS);
}

export function TimeSpaceView() {
  const window_ = useWindow(5);
  const { found, wrong } = useTrails(street.value);
  const trails = found?.junctions ?? [];
  const shown = { trails, nowMs: found?.now_utc_ms ?? 0, minutes: window_.minutes, speedKmh: window_.speedKmh };
  return (
    <>
      <StreetPicker>{window_.controls}</StreetPicker>
      <Wrong text={wrong} />
      {street.value.length < 2 && <p class="empty">{say("space.choose")}</p>}
      {found && trails.length > 1 && (
        <>
          <TimeSpaceFigure {...shown} />
          <TimeSpaceNumbers {...shown} />
          <p class="empty">{say("space.how")}</p>
        </>
      )}
    </>
  );
}

function StreetPicker({ children }: { children: preact.ComponentChildren }) {
  const [onMap, setOnMap] = useState(false);
  const add = (name: string) => {
    if (name && !street.value.includes(name) && street.value.length < MOST) street.value = [...street.value, name];
  };
  useEffect(() => {
    if (!onMap) return;
    picking.value = add;
    return () => {
      picking.value = null;
    };
  }, [onMap]);
  const free = [...junctions.value.keys()].filter((each) => !street.value.includes(each)).sort(byName);
  return (
    <>
      <div class="bar">
        {corridors.value.size > 0 && (
          <Field label={say("junction.corridor")}>
            <select value="" onChange={(e) => (street.value = inOrder(corridors.value.get(e.currentTarget.value) ?? []).slice(0, MOST))}>
              <option value="" />
              {[...corridors.value.keys()].sort(byName).map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </Field>
        )}
        <Field label={say("route.add")}>
          <select name="street" value="" onChange={(e) => (add(e.currentTarget.value), (e.currentTarget.value = ""))}>
            <option value="" />
            {free.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Field>
        {children}
        <button type="button" aria-pressed={onMap} onClick={() => setOnMap(!onMap)}>
          {say("space.map")}
        </button>
      </div>
      <ol class="chips">
        {street.value.map((each) => (
          <li key={each}>
            <button type="button" aria-label={`${say("route.remove")} ${each}`} onClick={() => (street.value = street.value.filter((name) => name !== each))}>
              {each} ✕
            </button>
          </li>
        ))}
        {street.value.length > 2 && (
          <li>
            <button type="button" onClick={() => (street.value = inOrder(street.value))}>
              {say("space.sort")}
            </button>
          </li>
        )}
      </ol>
      {onMap && (
        <div class="inset">
          <CityMapView />
        </div>
      )}
    </>
  );
}

/** The junction and signal group that the diagram of arrivals is of. */
const looked = signal({ junction: "", group: -1 });

interface Arrivals {
  now_utc_ms: number;
  arrivals: [number, number][];
}

export function PurdueView() {
  const names = [...junctions.value.keys()].sort(byName);
  const junction = looked.value.junction || names[0] || "";
  const trails = useTrails(junction ? [junction] : []);
  const arrivals = useFresh<Arrivals>(junction && `/v1/arrivals?junction=${encodeURIComponent(junction)}`, EVERY_MS);
  const trail = trails.found?.junctions[0];
  const came = arrivals.found?.arrivals ?? [];
  const group = looked.value.group >= 0 ? looked.value.group : busiest(came);
  return (
    <>
      <div class="bar">
        <Field label={say("wall.junctions")}>
          <select name="junction" value={junction} onChange={(e) => (looked.value = { junction: e.currentTarget.value, group: -1 })}>
            {names.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Field>
        <Field label={say("purdue.group")}>
          <select name="group" value={group} onChange={(e) => (looked.value = { junction, group: Number(e.currentTarget.value) })}>
            {trail?.groups.map((each, at) => (
              <option key={each.name} value={at}>
                {each.name}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Wrong text={trails.wrong || arrivals.wrong} />
      {trail && trails.found && <Purdue trail={trail} group={group} nowMs={trails.found.now_utc_ms} came={came} />}
    </>
  );
}

function busiest(came: readonly [number, number][]): number {
  const counts = new Map<number, number>();
  for (const [, group] of came) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

interface CycleOf extends Cycle {
  came: number[];
  onGreen: number;
}

const WIDTH = 1000;
const HEIGHT = 380;
const LEFT = 60;
const BOTTOM = 28;
const LEAST_S = 30;
const MOST_TIMES = 12;

function Purdue({ trail, group, nowMs, came }: { trail: Trail; group: number; nowMs: number; came: readonly [number, number][] }) {
  const from = nowMs - 60_000 * KEPT_MIN;
  const own = came.filter((each) => each[1] === group).map((each) => each[0]);
  const cycles: CycleOf[] = cyclesOf(greensOf(trail, group, from, nowMs), trail.heard_utc_ms).map((cycle) => {
    const here = own.filter((at) => at >= cycle.beganMs && at < cycle.endedMs);
    return { ...cycle, came: here, onGreen: here.filter((at) => at >= cycle.greenMs).length };
  });
  if (cycles.length === 0) return <p class="empty">{say("purdue.none")}</p>;
  const arrived = cycles.reduce((sum, each) => sum + each.came.length, 0);
  const onGreen = cycles.reduce((sum, each) => sum + each.onGreen, 0);
  const green = cycles.reduce((sum, each) => sum + each.endedMs - each.greenMs, 0);
  const whole = cycles.reduce((sum, each) => sum + each.endedMs - each.beganMs, 0);
  const share = arrived > 0 ? onGreen / arrived : null;
  const words = { n: arrived, cycles: cycles.length, green: Math.round((100 * green) / whole) };
  return (
    <>
      <p role="status">
        {share === null
          ? say("purdue.nobody", words)
          : say("purdue.share", { ...words, share: Math.round(100 * share), ratio: (share / (green / whole)).toFixed(2) })}
      </p>
      <figure tabIndex={0}>
        <PurduePicture cycles={cycles} label={`${trail.junction} ${trail.groups[group]?.name ?? ""}`} />
        <figcaption>
          <span class="swatch green" aria-hidden="true" /> {say("aspect.green")} · ● {say("purdue.on.green")} · ✕ {say("purdue.on.red")}
        </figcaption>
      </figure>
      <Table
        label={say("purdue.numbers")}
        head={[say("column.time"), say("plans.cycle"), say("aspect.green"), say("purdue.arrivals"), say("purdue.on.green")]}
        rows={[...cycles].reverse().map((each) => [
          sayClock(each.beganMs),
          `${Math.round((each.endedMs - each.beganMs) / 1000)} s`,
          `${Math.round((each.endedMs - each.greenMs) / 1000)} s`,
          String(each.came.length),
          each.came.length > 0 ? `${Math.round((100 * each.onGreen) / each.came.length)} %` : "–",
        ])}
        empty={say("nothing")}
      />
    </>
  );
}

function PurduePicture({ cycles, label }: { cycles: readonly CycleOf[]; label: string }) {
  const first = cycles[0]?.beganMs ?? 0;
  const last = cycles.at(-1)?.endedMs ?? first + 1;
  const most = Math.max(LEAST_S, ...cycles.map((each) => (each.endedMs - each.beganMs) / 1000));
  const x = (ms: number): number => LEFT + ((ms - first) / (last - first)) * (WIDTH - LEFT - 8);
  const y = (seconds: number): number => HEIGHT - BOTTOM - (seconds / most) * (HEIGHT - BOTTOM - 12);
  const marks = [0, 30, 60, 90, 120, 150, 180, 240, 300].filter((each) => each <= most);
  return (
    <svg class="diagram purdue broad" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={say("purdue.label", { name: label })}>
      {marks.map((each) => (
        <g key={each}>
          <line class="mark" x1={LEFT} x2={WIDTH - 8} y1={y(each)} y2={y(each)} />
          <text x={LEFT - 6} y={y(each) + 4} text-anchor="end">
            {each} s
          </text>
        </g>
      ))}
      {cycles.map((cycle, number) => {
        const [left, width] = [x(cycle.beganMs), x(cycle.endedMs) - x(cycle.beganMs)];
        const [whole, green] = [(cycle.endedMs - cycle.beganMs) / 1000, (cycle.greenMs - cycle.beganMs) / 1000];
        return (
          <g key={cycle.beganMs}>
            <rect class="green" x={left} width={width} y={y(whole)} height={y(green) - y(whole)} />
            <path class="edge" d={`M${left} ${y(green)}h${width}`} />
            <path class="edge end" d={`M${left} ${y(whole)}h${width}`} />
            {cycle.came.map((at, index) => (
              <Point key={`${at} ${index}`} x={left + width / 2 + ((index % 3) - 1) * Math.min(width / 6, 5)} y={y((at - cycle.beganMs) / 1000)} onGreen={at >= cycle.greenMs} />
            ))}
            <text x={left + width / 2} y={HEIGHT - 8} text-anchor="middle">
              {number % Math.ceil(cycles.length / MOST_TIMES) === 0 ? sayClock(cycle.beganMs) : ""}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function Point({ x, y, onGreen }: { x: number; y: number; onGreen: boolean }) {
  return onGreen ? <circle class="came" cx={x} cy={y} r="4" /> : <path class="came red" d={`M${x - 4} ${y - 4}l8 8m0-8l-8 8`} />;
}
