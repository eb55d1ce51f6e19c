// Key figures of the city, and how they went through the day.
import { effect, signal, untracked } from "@preact/signals";
import { ask, entry, Problem } from "./api";
import { isPast } from "./past";
import { minuteMs } from "./roads";

export interface WorstJunction {
  junction: string;
  delay_veh_h_h: number;
  queue_m: number | null;
  road: string;
}

export interface Figures {
  minute_utc_ms: number | null;
  figures: { trunk_kmh: number | null; whole_kmh: number | null; vehicles: number | null; delay_veh_h_h: number | null; jammed: number } | null;
  worst_junctions: WorstJunction[];
  detectors_down: number;
  forecast_utc_ms: number | null;
}

export interface Slot {
  from_utc_ms: number;
  trunk_kmh: number | null;
  vehicles: number | null;
  delay_veh_h_h: number | null;
  alarms: number;
  overrides: number;
  heard: number;
}

export interface Trend {
  slots: Slot[];
  usual: Slot[];
  usual_days: number;
}

export const figures = signal<Figures | null>(null);

export async function loadFigures(): Promise<void> {
  if (entry.peek() !== "in" || isPast.peek()) return;
  try {
    const found = await ask<Figures>("GET", "/v1/figures");
    if (!isPast.peek()) figures.value = found;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
}

effect(() => {
  if (minuteMs.value > 0) untracked(() => void loadFigures());
});
