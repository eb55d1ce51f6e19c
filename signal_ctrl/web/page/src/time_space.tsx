// The time-space diagram: greens as they were along a street, the plan's windows beside them, and the bands through them.
import { useState } from "preact/hooks";
import { network } from "./city";
import { bandsOf, distancesOf, greensOf, groupAlong, knownOf, type Span, type Trail, waysOf, windowsOf } from "./corridor";
import { say, sayClock } from "./labels";
import { Field, Table } from "./parts";
import { addressOf } from "./places";

const WIDE = 1000;
const RIGHT = 10;
const TOP = 24;
const FOOT = 36;
const LEAST_ROW = 46;
const MOST_HEIGHT = 640;
const BAR = 9;
const GAP = 4;
const EVERY_S = [10, 15, 30, 60, 120, 300];
const MARK_WIDTH = 80;
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
  /** How wide the picture is drawn: less where it is shown small, so that words can be read. */
  width?: number;
}

/** Returns how high each junction is drawn: to scale, and apart enough for its bars. */
function heightsOf(awayM: readonly number[]): { ys: number[]; height: number } {
  const total = awayM.at(-1) || 1;
  const gaps = awayM.slice(1).map((each, at) => each - (awayM[at] ?? 0));
  const least = Math.min(...gaps.filter((each) => each > 0), total);
  const scale = Math.min(MOST_HEIGHT, Math.max((LEAST_ROW * total) / least, LEAST_ROW * gaps.length)) / total;
  const ups: number[] = [];
  awayM.forEach((each, at) => ups.push(at === 0 ? 0 : Math.max(each * scale, (ups[at - 1] ?? 0) + LEAST_ROW)));
  const height = TOP + 24 + (ups.at(-1) ?? 0) + 20 + FOOT;
  return { ys: ups.map((up) => height - FOOT - 20 - up), height };
}

export function TimeSpace(props: DiagramProps) {
  const { trails, nowMs, minutes, speedKmh } = props;
  const [from, to] = [nowMs - 60_000 * minutes, nowMs];
  const along = waysAlong(trails);
  const [width, left] = [props.width ?? WIDE, props.width ? 96 : 150];
  const { ys, height } = heightsOf(along[0].awayM);
  const x = (ms: number): number => left + ((ms - from) / (to - from)) * (width - left - RIGHT);
  const rows = along.map((way) => trails.map((trail, at) => greensOf(trail, way.groups[at] ?? 0, from, to)));
  const bands = along.map((way, direction) => bandsFor(way, rows[direction] ?? [], direction, speedKmh / KMH_PER_MPS, trails.length));
  const label = say("space.label", { names: trails.map((each) => each.junction).join(", ") });
  return (
    <svg class={props.width ? "diagram" : "diagram broad"} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <TimeAxis from={from} to={to} x={x} height={height} most={(width - left) / MARK_WIDTH} />
      {bands.flatMap((each, direction) =>
        each.map((band) => <Band key={`${direction} ${band[0]}`} band={band} direction={direction} awayM={along[direction]?.awayM ?? []} speedMps={speedKmh / KMH_PER_MPS} x={x} ys={ys} />),
      )}
      {trails.map((trail, at) => (
        <g key={trail.junction}>
          <text x={left - 8} y={(ys[at] ?? 0) + 4} text-anchor="end" class={trail.junction === props.marked ? "marked" : ""}>
            {trail.junction.slice(0, props.width ? 12 : 14)}
            {props.width ? "" : ` · ${Math.round(along[0].awayM[at] ?? 0)} m`}
          </text>
          {along.map((way, direction) => (
            <Lane
              key={direction}
              direction={direction}
              known={knownOf(trail, from, to)}
              greens={rows[direction]?.[at] ?? []}
              windows={windowsOf(trail, way.groups[at] ?? 0, from, to)}
              x={x}
              y={(ys[at] ?? 0) + (direction === 0 ? -BAR - GAP : GAP)}
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

interface BandProps {
  band: Span;
  direction: number;
  awayM: readonly number[];
  speedMps: number;
  x: (ms: number) => number;
  ys: readonly number[];
}

/** A band from junction to junction; it bends where two stand closer than their bars are high. */
function Band({ band, direction, awayM, speedMps, x, ys }: BandProps) {
  const edge = (begin: number) => awayM.map((metres, at) => [x(begin + (1000 * metres) / speedMps), ys[at] ?? 0]);
  const points = [...edge(band[0]), ...edge(band[1]).reverse()];
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

function TimeAxis(props: { from: number; to: number; x: (ms: number) => number; height: number; most: number }) {
  const { from, to, x, height } = props;
  const stepMs = 1000 * (EVERY_S.find((each) => (to - from) / (1000 * each) <= props.most) ?? 300);
  const marks: number[] = [];
  for (let at = Math.ceil(from / stepMs) * stepMs; at <= to; at += stepMs) marks.push(at);
  return (
    <>
      {marks.map((at) => (
        <g key={at}>
          <line class="mark" x1={x(at)} x2={x(at)} y1={TOP - 6} y2={height - 18} />
          <text x={x(at)} y={height - 6} text-anchor={at > to - stepMs / 4 ? "end" : "middle"}>
            {sayClock(at)}
          </text>
        </g>
      ))}
    </>
  );
}

/** The diagram with what it is made of, and the same in numbers for who does not see it. */
export function TimeSpaceFigure(props: DiagramProps) {
  return (
    <figure tabIndex={0}>
      <TimeSpace {...props} />
      <figcaption>
        <span class="swatch way-0" aria-hidden="true" /> {say("space.there", { name: props.trails.at(-1)?.junction ?? "" })}{" "}
        <span class="swatch way-1" aria-hidden="true" /> {say("space.back", { name: props.trails[0]?.junction ?? "" })}{" "}
        <span class="swatch window" aria-hidden="true" /> {say("space.window")} <span class="swatch known" aria-hidden="true" /> {say("space.red")}
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
