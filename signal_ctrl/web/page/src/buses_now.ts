// Where the buses are, for the map: asked for while a map is looked at.
import { computed, signal } from "@preact/signals";
import { ask, entry, Problem } from "./api";
import { isPast, pastList } from "./past";

export interface BusPlace {
  vehicle: string;
  line: string;
  lon: number;
  lat: number;
}

const EVERY_MS = 5_000;
const NONE_MS = 60_000; // where no bus is under way there is little to ask for
const found = signal<readonly BusPlace[]>([]);

export const buses = computed((): readonly BusPlace[] => (isPast.value ? pastList<BusPlace>("/v1/buses") : found.value));

/** Keeps them young; returns what ends it. */
export function followBuses(): () => void {
  let timer = 0;
  let over = false;
  const look = async () => {
    try {
      if (entry.peek() === "in" && !isPast.peek() && !document.hidden) found.value = await ask<BusPlace[]>("GET", "/v1/buses");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    if (!over) timer = window.setTimeout(() => void look(), found.peek().length > 0 ? EVERY_MS : NONE_MS);
  };
  void look();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
