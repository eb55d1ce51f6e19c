// The state of the roads: shapes once, states by the stream.
import { signal } from "@preact/signals";
import { ask, Problem } from "./api";
import { isPast } from "./past";
import type { News } from "./stream";

export type Level = "unknown" | "smooth" | "basically_smooth" | "light" | "moderate" | "severe";
export const LEVELS: readonly Level[] = ["smooth", "basically_smooth", "light", "moderate", "severe", "unknown"];

export interface Road {
  road: string;
  name: string;
  lanes: number;
  free_speed_mps: number;
  shape: [number, number][];
}

export interface RoadState {
  level: Level;
  travelTimeS: number | null;
  speedMps: number | null;
  queueM: number | null;
}

interface Sums {
  speed_kmh: number | null;
  jammed: number;
}

export interface Congestion {
  minute_utc_ms: number;
  trunk: Sums & { wanted_kmh: number; reached: boolean | null };
  whole: Sums;
  jammed: { link: string; name: string; level: Level; speed_mps: number | null; queue_m: number | null }[];
}

export const roads = signal<readonly Road[]>([]);
export const roadStates = signal<ReadonlyMap<string, RoadState>>(new Map());
export const congestion = signal<Congestion | null>(null);
export const minuteMs = signal(0);

/** Asks for something that need not be there; the stream says whether it is, as a browser calls a 404 an error. */
async function askIfThere<T>(path: string): Promise<T | null> {
  try {
    return await ask<T>("GET", path);
  } catch (problem) {
    if (problem instanceof Problem) return null;
    throw problem;
  }
}

export async function loadRoads(): Promise<void> {
  const found = await askIfThere<{ roads: Road[] }>("/v1/roads");
  roads.value = found?.roads ?? [];
  if (roads.value.length > 0) await loadStates();
}

async function loadStates(): Promise<void> {
  interface Row {
    link: string;
    level: Level;
    travel_time_s: number | null;
    speed_mps: number | null;
    queue_m: number | null;
  }
  const found = await askIfThere<{ minute_utc_ms: number; links: Row[] }>("/v1/links");
  if (found === null || isPast.peek()) return;
  minuteMs.value = found.minute_utc_ms;
  roadStates.value = new Map(
    found.links.map((each) => [each.link, { level: each.level, travelTimeS: each.travel_time_s, speedMps: each.speed_mps, queueM: each.queue_m }]),
  );
  await loadCongestion();
}

async function loadCongestion(): Promise<void> {
  const found = await askIfThere<Congestion>("/v1/congestion");
  if (!isPast.peek() && found !== null) congestion.value = found; // one answer that does not come takes nothing away
}

/** Takes what changed of the roads. */
export function takeLinks(news: News): void {
  const told = news.data as { minute_utc_ms: number; links: [string, Level, number | null, number | null, number | null][]; more: number };
  if (roads.value.length === 0) void loadRoads();
  if (told.more > 0) {
    void loadStates();
    return;
  }
  const next = new Map(roadStates.value);
  for (const [road, level, travelTimeS, speedMps, queueM] of told.links) next.set(road, { level, travelTimeS, speedMps, queueM });
  roadStates.value = next;
  minuteMs.value = told.minute_utc_ms;
  void loadCongestion();
}
