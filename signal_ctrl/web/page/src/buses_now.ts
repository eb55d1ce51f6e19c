// Where the buses are, for the map.
import { computed, signal } from "@preact/signals";
import { keepYoung } from "./keep_young";
import { isPast, pastList } from "./past";

export interface BusPlace {
  vehicle: string;
  line: string;
  lon: number;
  lat: number;
  heard_s: number;
}

const found = signal<readonly BusPlace[]>([]);

export const buses = computed((): readonly BusPlace[] => (isPast.value ? pastList<BusPlace>("/v1/buses") : found.value));

/** Keeps them young; returns what ends it. */
export const followBuses = (): (() => void) =>
  keepYoung<BusPlace[]>("/v1/buses", (answer) => {
    found.value = answer;
    return answer.length > 0;
  });
