// Whether the page shows the past, and what of it: set by `replay.ts` alone, read by everything that shows something.
import { computed, signal } from "@preact/signals";

/** The time that is shown instead of now; null: the page is live. */
export const pastMs = signal<number | null>(null);
export const isPast = computed(() => pastMs.value !== null);
/** What the lists showed at that time, by topic. */
export const pastLists = signal<Readonly<Record<string, readonly unknown[]>>>({});
/** Lamps at that time: stage, when it began, a letter a signal group. */
export type Lit = [number | null, number, string];
export const pastLamps = signal<ReadonlyMap<string, Lit>>(new Map());
export const lampWords = signal<Readonly<Record<string, string>>>({});

/** Junctions whose lamps somebody looks at, by who looks. */
const wanted = new Map<string, readonly string[]>();
export const lampsWanted = signal<readonly string[]>([]);
const MOST = 20; // the centre answers for so many

export function wantLamps(who: string, names: readonly string[]): void {
  if (names.length > 0) wanted.set(who, names);
  else wanted.delete(who);
  const all = [...new Set([...wanted.values()].flat())].sort().slice(0, MOST);
  if (all.join(" ") !== lampsWanted.peek().join(" ")) lampsWanted.value = all;
}

/** Topics of the past by the route that gives them live; what is not here is not known of the past. */
const TOPIC: Readonly<Record<string, string>> = {
  "/v1/incidents": "incidents",
  "/v1/diversions": "diversions",
  "/v1/missions": "missions",
  "/v1/units": "units",
  "/v1/response-orders": "response_orders",
  "/v1/buses": "buses",
  "/v1/bus-lines": "bus_lines",
  "/v1/corridors": "corridors",
};

export const pastList = <T>(path: string): T[] => [...(pastLists.value[TOPIC[path] ?? ""] ?? [])] as T[];
