// The incidents that last, for the map.
import { kept } from "./keep_young";

export interface IncidentPlace {
  incident_id: string;
  kind: string;
  state: string;
  road: string;
  position_m: number | null;
  began_utc_ms: number;
  capacity_left: number;
}

export const { rows: incidents, follow: followIncidents, refresh: refreshIncidents } = kept<IncidentPlace>("/v1/incidents", (found) => found);
