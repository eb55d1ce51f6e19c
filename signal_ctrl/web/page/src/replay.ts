// Replay: the page shows what was recorded of a time, and goes on from there. The centre is only read.
import { batch, effect, signal, untracked } from "@preact/signals";
import { ask, entry, Problem } from "./api";
import { type Alarm, alarms, type Junction, junctions, loadAll, nowMs, type Override, overrides, type Ticket, tickets } from "./city";
import { figures, type Figures, loadFigures } from "./figures";
import { say } from "./labels";
import { isPast, lampsWanted, lampWords, type Lit, pastLamps, pastLists, pastMs } from "./past";
import { type Congestion, congestion, type Level, loadRoads, minuteMs, roadStates } from "./roads";
import { again } from "./stream";
import type { UnitRow } from "./units_now";

type Topic = Record<string, unknown>;
interface Moment {
  at_utc_ms: number;
  anew: boolean;
  changes: Record<string, Topic>;
}

export const HOUR_MS = 3_600_000;
export const SPEEDS = [1, 2, 5, 10, 30, 60] as const;
const TICK_MS = 250;
const AHEAD_S = 20; // so much of real time is asked for beforehand
const LEAST_MS = 30_000;
const MOST_MS = 600_000; // the centre gives so much at once
const NOT_SEEN_MS = 15_000;
const BACK_MS = 5 * 60_000;
const AGAIN_MS = 1_000; // who asks too fast asks again
const SETTLED_MS = 150; // a slider that is moved asks once it stands still

export const playing = signal(false);
export const speed = signal<number>(10);
export const extent = signal<{ first: number; last: number } | null>(null);
export const busy = signal(false);
export const wrong = signal("");
/** When the centre looked last before the time that is shown, where it did not look then. */
export const unseenSince = signal<number | null>(null);

let picture = new Map<string, Map<string, unknown>>();
let coming: Moment[] = [];
let shownMs = 0; // of which time the picture is
let loadedMs = 0; // changes are here up to this time
let asked = 0; // the number of the newest question: answers to older ones are dropped
let lit: readonly string[] = [];
let fetching = false;
let settling = 0;

const lampsQuery = (): string => lit.map((each) => `&lamps=${encodeURIComponent(each)}`).join("");

/** Begins to show the past, or another time of it. Args: atMs, that time; none: five minutes ago. */
export async function seek(atMs?: number): Promise<void> {
  const number = ++asked;
  busy.value = true;
  try {
    if (extent.value === null || (atMs ?? 0) > extent.value.last) await learnExtent();
    const known = extent.value;
    if (number !== asked) return;
    if (known === null) {
      wrong.value = say("replay.nothing");
      return;
    }
    const wantedMs = Math.round(Math.min(Math.max(atMs ?? known.last - BACK_MS, known.first), known.last));
    lit = lampsWanted.peek();
    const found = await ask<{ seen_utc_ms: number; picture: Record<string, Topic> }>("GET", `/v1/past/picture?at_utc_ms=${wantedMs}${lampsQuery()}`);
    if (number !== asked) return;
    picture = new Map(Object.entries(found.picture).map(([topic, values]) => [topic, new Map(Object.entries(values))]));
    coming = [];
    loadedMs = shownMs = wantedMs;
    pastMs.value = wantedMs;
    unseenSince.value = wantedMs - found.seen_utc_ms > NOT_SEEN_MS ? found.seen_utc_ms : null;
    publish(new Set(TOPICS.keys()));
    wrong.value = "";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (number !== asked) return;
    playing.value = false;
    if (problem.status === 429) {
      settling = window.setTimeout(() => void seek(atMs), AGAIN_MS);
      return;
    }
    wrong.value = problem.message;
    if (isPast.peek()) pastMs.value = shownMs; // that picture still stands
  } finally {
    if (number === asked) busy.value = false;
  }
}

/** Shows another time once nobody moves the slider any more. */
export function seekSoon(atMs: number): void {
  pastMs.value = atMs;
  clearTimeout(settling);
  settling = window.setTimeout(() => void seek(atMs), SETTLED_MS);
}

async function learnExtent(): Promise<void> {
  const found = await ask<{ first_utc_ms: number | null; last_utc_ms: number | null; lamp_words: Record<string, string> }>("GET", "/v1/past");
  lampWords.value = found.lamp_words;
  extent.value = found.first_utc_ms === null || found.last_utc_ms === null ? null : { first: found.first_utc_ms, last: found.last_utc_ms };
}

/** Goes back to now: everything is asked for again. */
export async function leave(): Promise<void> {
  asked += 1;
  clearTimeout(settling);
  playing.value = busy.value = false;
  unseenSince.value = null;
  extent.value = null;
  wrong.value = "";
  batch(() => {
    pastMs.value = null;
    picture = new Map();
    publish(new Set(LIVE)); // nothing of the past stays, also where the centre does not answer
  });
  again();
  await Promise.all([loadAll(), loadRoads(), loadFigures()]);
}

type Publish = (values: unknown[], topic: Map<string, unknown>) => void;
const byTime = <T>(values: unknown[], key: keyof T): T[] => (values as T[]).sort((a, b) => Number(b[key]) - Number(a[key]));

/** How each topic is shown: the same signals as live. */
const TOPICS: ReadonlyMap<string, Publish> = new Map<string, Publish>([
  ["junctions", (_, topic) => (junctions.value = new Map([...topic].map(([name, rest]) => [name, withSays(name, rest as Junction)])))],
  ["overrides", (values) => (overrides.value = (values as Override[]).sort((a, b) => b.document.start_utc_ms - a.document.start_utc_ms))],
  ["alarms", (values) => (alarms.value = byTime<Alarm>(values, "raised_utc_ms"))],
  ["tickets", (values) => (tickets.value = byTime<Ticket>(values, "opened_utc_ms"))],
  ["lamps", (_, topic) => (pastLamps.value = new Map(topic as Map<string, Lit>))],
  ["roads", (_, topic) => (roadStates.value = new Map([...topic].map(([road, row]) => [road, roadOf(row as RoadRow)])))],
  ["city", (_, topic) => showCity(topic)],
  ...["incidents", "diversions", "missions", "response_orders", "buses", "bus_lines", "corridors"].map((name): [string, Publish] => [name, (values) => keep(name, values)]),
  ["units", (values) => keep("units", (values as Unit[]).map(withPlace))],
]);

/** Topics whose signals show the present too; the others are lists of the past alone. */
const LIVE = ["junctions", "overrides", "alarms", "tickets", "roads", "city"];

type RoadRow = [Level, number | null, number | null];
const roadOf = ([level, kmh, queueM]: RoadRow) => ({ level, travelTimeS: null, speedMps: kmh === null ? null : kmh / 3.6, queueM });

function showCity(topic: Map<string, unknown>): void {
  figures.value = (topic.get("figures") as Figures | undefined) ?? null;
  congestion.value = (topic.get("congestion") as Congestion | undefined) ?? null;
  minuteMs.value = congestion.value?.minute_utc_ms ?? 0;
}

/** What a junction says of itself is recorded apart from the rest of it. */
function withSays(name: string, rest: Junction): Junction {
  return { ...rest, says: (picture.get("says")?.get(name) as Record<string, string> | undefined) ?? {} };
}

type Unit = UnitRow["unit"];
interface Place {
  lon: number;
  lat: number;
  utc_ms: number;
  source: string;
}
const OLD_MS = 120_000; // as dispatch has it

/** Where a unit is goes on apart from what it does. */
function withPlace(unit: Unit): UnitRow {
  const place = picture.get("unit_places")?.get(unit.unit) as Place | undefined;
  const age = place ? Math.max((pastMs.peek() ?? 0) - place.utc_ms, 0) : null;
  return { unit, manned: true, position: place ?? null, position_age_s: age === null ? null : age / 1000, position_old: age !== null && age > OLD_MS };
}

/** Topics that are parts of what another one shows. */
const PART_OF: Readonly<Record<string, string>> = { says: "junctions", unit_places: "units" };

function keep(name: string, values: unknown[]): void {
  pastLists.value = { ...pastLists.peek(), [name]: values };
}

function publish(topics: ReadonlySet<string>): void {
  batch(() => {
    for (const name of new Set([...topics].map((each) => PART_OF[each] ?? each))) {
      const topic = picture.get(name) ?? new Map<string, unknown>();
      TOPICS.get(name)?.([...topic.values()], topic);
    }
    nowMs.value = pastMs.peek() ?? nowMs.peek();
  });
}

function takeUntil(atMs: number): void {
  const dirty = new Set<string>();
  while (coming[0] !== undefined && coming[0].at_utc_ms <= atMs) {
    const moment = coming.shift() as Moment;
    if (moment.anew) {
      void seek(Math.max(atMs, moment.at_utc_ms));
      return;
    }
    for (const [name, values] of Object.entries(moment.changes)) {
      dirty.add(name);
      const topic = picture.get(name) ?? new Map<string, unknown>();
      picture.set(name, topic);
      for (const [key, value] of Object.entries(values)) value === null ? topic.delete(key) : topic.set(key, value);
    }
  }
  publish(dirty);
}

async function fetchAhead(): Promise<void> {
  const known = extent.peek();
  if (fetching || known === null) return;
  fetching = true;
  const number = asked;
  try {
    if (loadedMs >= known.last) await learnExtent();
    const until = Math.min(loadedMs + Math.min(Math.max(AHEAD_S * 1000 * speed.peek(), LEAST_MS), MOST_MS), extent.peek()?.last ?? loadedMs);
    if (until <= loadedMs) {
      if ((pastMs.peek() ?? 0) >= loadedMs) playing.value = false; // it has come to where nothing is recorded yet
      return;
    }
    const page = await ask<{ moments: Moment[]; next_utc_ms: number | null }>(
      "GET",
      `/v1/past/changes?after_utc_ms=${Math.floor(loadedMs)}&until_utc_ms=${Math.floor(until)}${lampsQuery()}`,
    );
    if (number !== asked) return;
    coming.push(...page.moments);
    loadedMs = page.next_utc_ms ?? until;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status !== 429) {
      wrong.value = problem.message;
      playing.value = false;
    }
  } finally {
    fetching = false;
  }
}

let lastTick = Date.now();
setInterval(() => {
  const passed = Date.now() - lastTick;
  lastTick = Date.now();
  const at = pastMs.peek();
  if (at === null || !playing.peek() || busy.peek() || entry.peek() !== "in") return;
  const next = Math.min(at + Math.min(passed, 1000) * speed.peek(), Math.max(loadedMs, at));
  if (loadedMs - next < (AHEAD_S * 1000 * speed.peek()) / 2) void fetchAhead();
  pastMs.value = shownMs = next;
  unseenSince.value = null;
  takeUntil(next);
}, TICK_MS);

effect(() => {
  const names = lampsWanted.value;
  untracked(() => {
    const at = pastMs.peek();
    if (at !== null && names.some((each) => !lit.includes(each))) void seek(at);
  });
});
