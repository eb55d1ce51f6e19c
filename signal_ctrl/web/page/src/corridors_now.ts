// Corridors of special vehicles that last: where each vehicle is, which junctions are kept for it, which lie ahead.
import { kept } from "./keep_young";

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
export const { rows: corridors, follow: followCorridors, refresh: refreshCorridors, ageS: corridorAgeS } = kept<CorridorRow>("/v1/corridors", (found) => found, EVERY_MS, NONE_MS);
