// The time-space diagram: greens as they were along a street, the plan's windows beside them, and the bands through them.
import { useState } from "preact/hooks";
import { network } from "./city";
import { bandsOf, distancesOf, greensOf, groupAlong, knownOf, type Span, type Trail, waysOf, windowsOf } from "./corridor";
import { say, sayTime } from "./labels";
import { Field, Table } from "./parts";
import { addressOf } from "./places";

const WIDTH = 1000;
const LEFT = 150;
const RIGHT = 10;
const TOP = 24;
const ROW = 56;
const BAR = 9;
const GAP = 4;
const EVERY_S = [10, 15, 30, 60, 120, 300];
const MOST_MARKS = 12;
const KMH_PER_MPS = 3.6;

interface Way {
  awayM: number[];
  groups: number[];
}

/** The street in one direction and in the other. */
function waysAlong(trails: readonly Trail[]): [Way, Way] {
  const ways = waysOf(network.value);
  const awayM = distancesOf(trails);
  const total = awayM.at(-1) ?? 0;
  return [
    { awayM, groups: trails.map((each, at) => groupAlong(each, ways, trails[at - 1], trails[at + 1])) },
    { awayM: awayM.map((each) => total - each), groups: trails.map((each, at) => groupAlong(each, ways, trails[at + 1], trails[at - 1])) },
  ];
}

export interface DiagramProps {
  trails: readonly Trail[];
  nowMs: number;
  minutes: number;
  speedKmh: number;
  /** The junction that is looked at, if one is. */
  marked?: string;
}

export function TimeSpace(props: DiagramProps) {
  const { trails, nowMs, minutes, speedKmh } = props;
  const [from, to] = [nowMs - 60_000 * minutes, nowMs];
  const along = waysAlong(trails);
  const total = along[0].awayM.at(-1) || 1;
  const height = TOP + Math.max(ROW * (trails.length - 1), 0) + 60;
  const x = (ms: number): number => LEFT + ((ms - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const y = (awayM: number): number => height - 36 - (trails.length > 1 ? (awayM / total) * (height - 36 - TOP - 24) : 0);
  const rows = along.map((way) => trails.map((trail, at) => greensOf(trail, way.groups[at] ?? 0, from, to)));
  const bands = along.map((way, direction) => bandsFor(way, rows[direction] ?? [], direction, speedKmh / KMH_PER_MPS, trails.length));
  const label = say("space.label", { names: trails.map((each) => each.junction).join(", ") });
  return (
    <svg class="diagram" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label}>
      <TimeAxis from={from} to={to} x={x} height={height} />
      {bands.flatMap((each, direction) =>
        each.map((band) => <Band key={`${direction} ${band[0]}`} band={band} direction={direction} total={total} speedMps={speedKmh / KMH_PER_MPS} x={x} y={y} />),
      )}
      {trails.map((trail, at) => (
        <g key={trail.junction}>
          <text x={LEFT - 8} y={y(along[0].awayM[at] ?? 0) + 4} text-anchor="end" class={trail.junction === props.marked ? "marked" : ""}>
            {trail.junction.slice(0, 14)} · {Math.round(along[0].awayM[at] ?? 0)} m
          </text>
          {along.map((way, direction) => (
            <Lane
              key={direction}
              direction={direction}
              known={knownOf(trail, from, to)}
              greens={rows[direction]?.[at] ?? []}
              windows={windowsOf(trail, way.groups[at] ?? 0, from, to)}
              x={x}
              y={y(along[0].awayM[at] ?? 0) + (direction === 0 ? -BAR - GAP : GAP)}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

/** Bands of a direction as times at the place where the direction begins. */
function bandsFor(way: Way, greens: readonly Span[][], direction: number, speedMps: number, places: number): Span[] {
  if (places < 2 || !(speedMps > 0)) return [];
  return direction === 0 ? bandsOf(greens, way.awayM, speedMps) : bandsOf([...greens].reverse(), [...way.awayM].reverse(), speedMps);
}

interface Scales {
  x: (ms: number) => number;
  y: (awayM: number) => number;
}

function Band(props: { band: Span; direction: number; total: number; speedMps: number } & Scales) {
  const { band, direction, total, speedMps, x, y } = props;
  const late = (1000 * total) / speedMps;
  const [begin, end] = direction === 0 ? [y(0), y(total)] : [y(total), y(0)];
  const points = [
    [x(band[0]), begin],
    [x(band[1]), begin],
    [x(band[1] + late), end],
    [x(band[0] + late), end],
  ];
  return <polygon class={`band way-${direction}`} points={points.map((each) => each.map((n) => n.toFixed(1)).join(",")).join(" ")} />;
}

function Lane(props: { direction: number; known: Span[]; greens: Span[]; windows: Span[]; x: (ms: number) => number; y: number }) {
  const { x, y } = props;
  const bar = (kind: string, height: number, top: number) => (span: Span) => (
    <rect key={`${kind}${span[0]}`} class={kind} x={x(span[0]).toFixed(1)} y={top} width={Math.max(x(span[1]) - x(span[0]), 0.5).toFixed(1)} height={height} />
  );
  return (
    <>
      {props.known.map(bar("known", BAR, y))}
      {props.greens.map(bar(`green way-${props.direction}`, BAR, y))}
      {props.windows.map(bar("window", 3, props.direction === 0 ? y - 4 : y + BAR + 1))}
    </>
  );
}

export function TimeAxis(props: { from: number; to: number; x: (ms: number) => number; height: number }) {
  const { from, to, x, height } = props;
  const stepMs = 1000 * (EVERY_S.find((each) => (to - from) / (1000 * each) <= MOST_MARKS) ?? 300);
  const marks: number[] = [];
  for (let at = Math.ceil(from / stepMs) * stepMs; at <= to; at += stepMs) marks.push(at);
  return (
    <>
      {marks.map((at) => (
        <g key={at}>
          <line class="mark" x1={x(at)} x2={x(at)} y1={TOP - 6} y2={height - 18} />
          <text x={x(at)} y={height - 4} text-anchor={at > to - stepMs / 2 ? "end" : "middle"}>
            {sayTime(at).slice(-8)}
          </text>
        </g>
      ))}
    </>
  );
}

/** The diagram with what it is made of, and the same in numbers for who does not see it. */
export function TimeSpaceFigure(props: DiagramProps) {
  return (
    <figure>
      <TimeSpace {...props} />
      <figcaption>
        <span class="key way-0" aria-hidden="true" /> {say("space.there", { name: props.trails.at(-1)?.junction ?? "" })}{" "}
        <span class="key way-1" aria-hidden="true" /> {say("space.back", { name: props.trails[0]?.junction ?? "" })}{" "}
        <span class="key window" aria-hidden="true" /> {say("space.window")} <span class="key known" aria-hidden="true" /> {say("space.red")}
      </figcaption>
    </figure>
  );
}

export function TimeSpaceNumbers({ trails, nowMs, minutes }: DiagramProps) {
  const along = waysAlong(trails);
  const share = (trail: Trail, group: number): string => {
    const sum = (spans: Span[]) => spans.reduce((ms, [a, b]) => ms + b - a, 0);
    const [from, to] = [nowMs - 60_000 * minutes, nowMs];
    const known = sum(knownOf(trail, from, to));
    return known > 0 ? `${trail.groups[group]?.name ?? group} · ${Math.round((100 * sum(greensOf(trail, group, from, to))) / known)} %` : "–";
  };
  const rows = trails.map((trail, at) => [
    <a href={addressOf("map", trail.junction)}>{trail.junction}</a>,
    `${Math.round(along[0].awayM[at] ?? 0)} m`,
    share(trail, along[0].groups[at] ?? 0),
    share(trail, along[1].groups[at] ?? 0),
    trail.plan ? `${trail.plan.name} № ${trail.plan.number}` : "–",
    trail.plan ? `${trail.plan.cycle_ds / 10} s` : "–",
    trail.plan ? `${trail.plan.offset_ds / 10} s` : "–",
  ]);
  const head = [say("wall.junctions"), say("space.away"), say("space.green.there"), say("space.green.back"), say("plans.plan"), say("plans.cycle"), say("plans.offset")];
  return <Table label={say("space.numbers")} head={head} rows={rows} empty={say("nothing")} />;
}

export function useWindow(first: number): { minutes: number; speedKmh: number; controls: preact.JSX.Element } {
  const [minutes, setMinutes] = useState(first);
  const [speed, setSpeed] = useState("50");
  const controls = (
    <>
      <Field label={say("space.minutes")}>
        <select value={minutes} onChange={(e) => setMinutes(Number(e.currentTarget.value))}>
          {[2, 3, 5, 10, 15].map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </Field>
      <Field label={say("space.speed")}>
        <input type="number" min={5} max={120} value={speed} onInput={(e) => setSpeed(e.currentTarget.value)} />
      </Field>
    </>
  );
  return { minutes, speedKmh: Math.min(Math.max(Number(speed) || 50, 5), 120), controls };
}
