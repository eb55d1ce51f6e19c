// Which view is open, and of which junction: kept in the address, so that back, forward and bookmarks work.
import { signal } from "@preact/signals";

export type View = "map" | "wall" | "cockpit" | "incidents" | "dispatch" | "buses" | "responses" | "route" | "special" | "parking" | "overrides" | "alarms" | "tickets" | "audit" | "engineer";
export const VIEWS: readonly View[] = [
  "map",
  "wall",
  "cockpit",
  "incidents",
  "dispatch",
  "buses",
  "responses",
  "route",
  "special",
  "parking",
  "overrides",
  "alarms",
  "tickets",
  "audit",
  "engineer",
];

export interface Place {
  view: View;
  junction: string;
}

function read(): Place {
  const [view = "", junction = ""] = location.hash.replace(/^#\/?/, "").split("/");
  const known = VIEWS.find((each) => each === view);
  return { view: known ?? "map", junction: decoded(junction) };
}

/** An address may be typed or cut by people: what cannot be read names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export const place = signal<Place>(read());

addEventListener("hashchange", () => {
  place.value = read();
});

export const addressOf = (view: View, junction = ""): string =>
  `#/${view}${junction ? `/${encodeURIComponent(junction)}` : ""}`;

export function open(view: View, junction = ""): void {
  location.hash = addressOf(view, junction);
}
