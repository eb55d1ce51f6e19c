import { effect } from "@preact/signals";
import "leaflet/dist/leaflet.css";
import { render } from "preact";
import { entry, keepSession, resume } from "./api";
import { loadAll, take } from "./city";
import { followDemoClock } from "./demo";
import { Shell } from "./shell";
import { listen } from "./stream";
import "./style.css";

const root = document.getElementById("page");
if (root) render(<Shell />, root);

effect(() => {
  if (entry.value === "in") queueMicrotask(() => void loadAll());
});
keepSession();
void followDemoClock();
void resume();
void listen(take);
