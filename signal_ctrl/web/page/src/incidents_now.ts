// The incidents that last, for the map.
import { computed, signal } from "@preact/signals";
import { ask, entry, Problem } from "./api";
import { keepYoung, shared } from "./keep_young";
import { isPast, pastList } from "./past";

export interface IncidentPlace {
  incident_id: string;
  kind: string;
  state: string;
  road: string;
  position_m: number | null;
  began_utc_ms: number;
  capacity_left: number;
}

const PATH = "/v1/incidents";
const found = signal<readonly IncidentPlace[]>([]);

export const incidents = computed((): readonly IncidentPlace[] => (isPast.value ? pastList<IncidentPlace>(PATH) : found.value));

let looked = false;

/** Keeps them young while somebody looks; returns what ends it. */
export const followIncidents = shared(() => {
  looked = true;
  const end = keepYoung<IncidentPlace[]>(PATH, (answer) => {
    found.value = answer;
    return answer.length > 0;
  });
  return () => {
    looked = false;
    end();
  };
});

/** Asks at once, where somebody looks: an act has changed something. */
export async function refreshIncidents(): Promise<void> {
  if (!looked || entry.peek() !== "in" || isPast.peek()) return;
  try {
    found.value = await ask<IncidentPlace[]>("GET", PATH);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
  }
}
