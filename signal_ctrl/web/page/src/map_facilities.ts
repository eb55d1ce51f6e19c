// Cameras on the map, where the picture of the network has them: points of kind `camera`.
import L from "leaflet";
import type { Feature } from "./city";

export class Facilities {
  private readonly layer = L.layerGroup();

  constructor(map: L.Map) {
    this.layer.addTo(map);
  }

  draw(features: readonly Feature[]): void {
    this.layer.clearLayers();
    for (const { geometry, properties } of features) {
      if (geometry.type !== "Point" || properties.kind !== "camera") continue;
      const [lon, lat] = geometry.coordinates as [number, number];
      const name = String(properties.name ?? properties.id ?? "");
      const icon = L.divIcon({ className: "camera-sign", html: "▣", iconSize: [20, 20] });
      const text = document.createElement("span"); // text, never markup
      text.textContent = name;
      L.marker([lat, lon], { icon, alt: name, keyboard: false }).bindTooltip(text).addTo(this.layer);
    }
  }
}
