// What the map shows of the roads: as they are, or as they are foreseen.
import { computed, effect, signal } from "@preact/signals";
import { ask, Problem } from "./api";
import { figures } from "./figures";
import { say } from "./labels";
import { isPast } from "./past";
import { type Level, type RoadState, roadStates } from "./roads";

export const AHEAD_MIN = [0, 15, 30, 60] as const;
export type Ahead = (typeof AHEAD_MIN)[number];

export interface Jam {
  link: string;
  now: boolean;
  probability: number;
  from_utc_ms: number;
  until_utc_ms: number | null;
  travel_time_s: number;
  low_s: number;
  high_s: number;
}

interface Roads {
  links: string[];
  level: Level[];
  speed_mps: number[];
  travel_time_s: number[];
  low_s: number[];
  high_s: number[];
  jam_probability: number[];
}

export interface Forecast {
  at_utc_ms: number;
  ahead_min: number;
  learned_days: number;
  jams: Jam[];
  region: { vehicles: number; low: number; high: number }[];
  roads: Roads | null;
}

export interface Foreseen extends RoadState {
  lowS: number;
  highS: number;
  jam: number;
}

export const ahead = signal<Ahead>(0);
export const forecast = signal<Forecast | null>(null);
export const forecastWrong = signal("");

const foreseen = computed((): ReadonlyMap<string, Foreseen> => {
  const found = forecast.value?.roads;
  if (!found) return new Map();
  return new Map(
    found.links.map((road, at) => [
      road,
      {
        level: found.level[at] ?? "unknown",
        travelTimeS: found.travel_time_s[at] ?? null,
        speedMps: found.speed_mps[at] ?? null,
        queueM: null,
        lowS: found.low_s[at] ?? 0,
        highS: found.high_s[at] ?? 0,
        jam: found.jam_probability[at] ?? 0,
      },
    ]),
  );
});

/** The states that the map draws. */
export const shownRoads = computed((): ReadonlyMap<string, RoadState | Foreseen> => (ahead.value === 0 ? roadStates.value : foreseen.value));

async function load(minutes: Ahead): Promise<void> {
  try {
    const found = await ask<Forecast>("GET", `/v1/congestion/forecast?ahead=${minutes}&roads=true`);
    if (ahead.peek() !== minutes) return;
    forecast.value = found;
    forecastWrong.value = "";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (ahead.peek() !== minutes) return;
    forecast.value = null;
    forecastWrong.value = problem.message;
  }
}

effect(() => {
  const minutes = ahead.value;
  if (isPast.value) {
    ahead.value = 0;
    return;
  }
  const madeMs = figures.value?.forecast_utc_ms ?? null; // a browser calls a forecast that is not there an error
  if (minutes === 0) forecast.value = null;
  else if (madeMs !== null) void load(minutes);
  else forecastWrong.value = say("ahead.none");
});
