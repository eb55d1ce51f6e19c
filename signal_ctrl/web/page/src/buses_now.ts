// Where the buses are, for the map.
import { kept } from "./keep_young";

export interface BusPlace {
  vehicle: string;
  line: string;
  lon: number;
  lat: number;
  heard_s: number;
}

export const { rows: buses, follow: followBuses, ageS: busAgeS } = kept<BusPlace>("/v1/buses", (found) => found);
