// Corridors of special vehicles that last: where each vehicle is, which junctions are kept for it, which lie ahead.
import { computed, signal } from "@preact/signals";
import { ask, entry, Problem } from "./api";
import { shared } from "./keep_young";
import { isPast, pastList } from "./past";

export interface CorridorRow {
  corridor: { corridor: string; vehicle: string; kind: string; roads: string[]; asked_by: string; asked_utc_ms: number; departs_utc_ms: number; mission: string; predicted: boolean };
  along_m: number | null;
  length_m: number | null;
  road: string | null;
  heard_s: number | null;
  arrivals: { signal: string; cabinet: string; early_s: number; expected_s: number; late_s: number }[];
  kept: { cabinet: string; stage: string; start_utc_ms: number; end_utc_ms: number }[];
}

/** Who goes first where two need one junction, as the centre has it in code. */
export const RANKS: readonly string[] = ["fire", "ambulance", "police"];

const EVERY_MS = 2_000;
const NONE_MS = 30_000; // an act that the stream tells of is sooner
const found = signal<readonly CorridorRow[]>([]);
export const corridors = computed((): readonly CorridorRow[] => (isPast.value ? pastList<CorridorRow>("/v1/corridors") : found.value));

let timer = 0;
let looked = false;

async function look(): Promise<void> {
  clearTimeout(timer);
  try {
    if (entry.peek() === "in" && !isPast.peek() && !document.hidden) found.value = await ask<CorridorRow[]>("GET", "/v1/corridors");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
  clearTimeout(timer);
  if (looked) timer = window.setTimeout(() => void look(), found.peek().length > 0 ? EVERY_MS : NONE_MS);
}

/** Asks at once, where somebody looks: an act has changed something. */
export const refreshCorridors = (): void => {
  if (looked) void look();
};

/** Keeps them young while somebody looks; returns what ends it. */
export const followCorridors = shared(() => {
  looked = true;
  void look();
  return () => {
    looked = false;
    clearTimeout(timer);
  };
});
