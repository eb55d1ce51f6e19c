// Junctions along a street over time: when which signal group was green, when its plan wants it to be, and the bands.
import type { Feature } from "./city";
import { headingOf, metresBetween, type Placed, turnBetween } from "./geo";

export type Span = readonly [number, number];

export interface PlanPart {
  name: string;
  number: number;
  cycle_ds: number;
  offset_ds: number;
  stages: string[];
  splits_ds: number[];
}

/** One junction as the centre tells it: `changes` are times with a letter a signal group, empty where not known. */
export interface Trail extends Placed {
  junction: string;
  corridor: string;
  heard_utc_ms: number;
  signal: string;
  groups: { name: string; links: number[] }[];
  stages: { name: string; green: number[] }[];
  changes: [number, string][];
  plan: PlanPart | null;
}

const GO = new Set(["G", "g", "W"]);
const MS_PER_DS = 100;
const LEAST_BAND_MS = 2_000;

/** Returns when something held of the lamps, within a time. [ms] */
function spansOf(trail: Trail, from: number, to: number, holds: (aspects: string) => boolean): Span[] {
  const found: Span[] = [];
  trail.changes.forEach(([begin, aspects], at) => {
    const end = trail.changes[at + 1]?.[0] ?? trail.heard_utc_ms;
    if (!holds(aspects)) return;
    const span: Span = [Math.max(begin, from), Math.min(end, to)];
    if (span[1] <= span[0]) return;
    const before = found.at(-1);
    if (before && before[1] === span[0]) found[found.length - 1] = [before[0], span[1]];
    else found.push(span);
  });
  return found;
}

export const greensOf = (trail: Trail, group: number, from: number, to: number): Span[] =>
  spansOf(trail, from, to, (aspects) => GO.has(aspects[group] ?? ""));

/** Returns when the lamps were known, whatever they showed. */
export const knownOf = (trail: Trail, from: number, to: number): Span[] => spansOf(trail, from, to, (aspects) => aspects !== "");

/** Returns when the plan wants a signal group to be green: the stages that give it green, each from its change on. [ms] */
export function windowsOf(trail: Trail, group: number, from: number, to: number): Span[] {
  const { plan } = trail;
  if (plan === null) return [];
  const cycle = plan.cycle_ds * MS_PER_DS;
  const offset = plan.offset_ds * MS_PER_DS;
  const found: Span[] = [];
  for (let start = Math.floor((from - offset) / cycle) * cycle + offset; start < to; start += cycle) {
    let at = start;
    plan.stages.forEach((name, index) => {
      const end = at + (plan.splits_ds[index] ?? 0) * MS_PER_DS;
      const stage = trail.stages.find((each) => each.name === name);
      const span: Span = [Math.max(at, from), Math.min(end, to)];
      at = end;
      if (!stage?.green.includes(group) || span[1] <= span[0]) return;
      const before = found.at(-1);
      if (before && before[1] === span[0]) found[found.length - 1] = [before[0], span[1]];
      else found.push(span);
    });
  }
  return found;
}

export function intersect(one: readonly Span[], other: readonly Span[]): Span[] {
  return one.flatMap(([a, b]) =>
    other.map(([c, d]): Span => [Math.max(a, c), Math.min(b, d)]).filter(([from, to]) => to > from),
  );
}

/** Returns when one may leave the first place and meet green at all of them at a speed: the bands. [ms], [m], [m/s] */
export function bandsOf(greens: readonly (readonly Span[])[], awayM: readonly number[], speedMps: number): Span[] {
  let found: readonly Span[] = greens[0] ?? [];
  greens.forEach((own, at) => {
    const late = (1000 * ((awayM[at] ?? 0) - (awayM[0] ?? 0))) / speedMps;
    found = intersect(found, own.map(([a, b]): Span => [a - late, b - late]));
  });
  return found.filter(([a, b]) => b - a >= LEAST_BAND_MS);
}

/** Returns how far each junction is from the first one along them. [m] */
export function distancesOf(trails: readonly Placed[]): number[] {
  let total = 0;
  return trails.map((trail, at) => {
    const before = trails[at - 1];
    if (before) total += metresBetween(before, trail);
    return total;
  });
}

type LonLat = [number, number];
export type Ways = ReadonlyMap<string, LonLat[]>;

/** Returns the ways through junctions by signal and link, from the picture of the network. */
export function waysOf(features: readonly Feature[]): Ways {
  const links = features.filter(({ properties }) => properties.kind === "link");
  return new Map(links.map(({ geometry, properties }) => [`${properties.id} ${properties.link}`, geometry.coordinates as LonLat[]]));
}

const placed = (place: LonLat | undefined): Placed => ({ lon: place?.[0] ?? null, lat: place?.[1] ?? null });

/** Returns by how much a way through a junction leaves the line from the place before it to the one behind it. [rad] */
function strayOf(way: readonly LonLat[], here: Placed, before: Placed | undefined, after: Placed | undefined): number {
  const [into, out] = [headingOf(placed(way[0]), placed(way[1])), headingOf(placed(way.at(-2)), placed(way.at(-1)))];
  const [wantedIn, wantedOut] = [before && headingOf(before, here), after && headingOf(here, after)];
  const parts = [
    [into, wantedIn ?? wantedOut],
    [out, wantedOut ?? wantedIn],
  ];
  return parts.reduce((sum, [is, wanted]) => sum + (is == null || wanted == null ? Math.PI / 2 : turnBetween(is, wanted)), 0);
}

/** Returns the signal group that goes along the street: the one whose way strays least; the first without a picture. */
export function groupAlong(trail: Trail, ways: Ways, before: Placed | undefined, after: Placed | undefined): number {
  let best: { group: number; stray: number } = { group: 0, stray: Number.POSITIVE_INFINITY };
  trail.groups.forEach(({ links }, group) => {
    for (const link of links) {
      const way = ways.get(`${trail.signal} ${link}`);
      const stray = way && way.length > 1 ? strayOf(way, trail, before, after) : Number.POSITIVE_INFINITY;
      if (stray < best.stray) best = { group, stray };
    }
  });
  return best.group;
}

export interface Cycle {
  beganMs: number;
  greenMs: number;
  endedMs: number;
}

/** Returns whole cycles of a group: from the end of a green to the end of the next one, which has to be over. [ms] */
export function cyclesOf(greens: readonly Span[], heardMs: number): Cycle[] {
  const all = greens.slice(1).map(([green, end], at) => ({ beganMs: greens[at]?.[1] ?? green, greenMs: green, endedMs: end }));
  return all.filter((each) => each.endedMs < heardMs);
}
