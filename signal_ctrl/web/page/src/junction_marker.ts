// A junction on the map: a sign of its own for each state, because colour alone is no sign.
import L from "leaflet";
import type { State } from "./city";

interface CanvasRenderer {
  _ctx: CanvasRenderingContext2D;
  _drawing: boolean;
}

interface Inner {
  _renderer: CanvasRenderer;
  _point: L.Point;
  _empty(): boolean;
}

/** Colours of Okabe and Ito, which people with any colour vision tell apart. */
export const COLOUR: Readonly<Record<State, string>> = {
  adaptive: "#009e73",
  plan: "#0072b2",
  override: "#cc79a7",
  fallback: "#e69f00",
  fault: "#d55e00",
  offline: "#6b7280",
  never: "#6b7280",
};

type Draw = (c: CanvasRenderingContext2D, x: number, y: number, r: number) => void;

function polygon(c: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  c.beginPath();
  points.forEach(([x, y], at) => (at ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
}

const circle: Draw = (c, x, y, r) => {
  c.beginPath();
  c.arc(x, y, r, 0, 2 * Math.PI);
};

const SHAPE: Readonly<Record<State, Draw>> = {
  adaptive: circle,
  plan: (c, x, y, r) => {
    const h = r * 0.87;
    polygon(c, [[x - h, y - h], [x + h, y - h], [x + h, y + h], [x - h, y + h]]);
  },
  override: (c, x, y, r) => polygon(c, [[x, y - r * 1.4], [x + r * 1.4, y], [x, y + r * 1.4], [x - r * 1.4, y]]),
  fallback: (c, x, y, r) => polygon(c, [[x, y - r * 1.3], [x + r * 1.25, y + r], [x - r * 1.25, y + r]]),
  fault: (c, x, y, r) => polygon(c, [[x - r * 1.25, y - r], [x + r * 1.25, y - r], [x, y + r * 1.3]]),
  offline: circle,
  never: circle,
};

/** Draws the sign of a state; the legend uses it too. */
export function drawSign(c: CanvasRenderingContext2D, state: State, x: number, y: number, r: number): void {
  const hollow = state === "offline" || state === "never";
  c.lineWidth = 2;
  if (state === "never") c.setLineDash([2, 2]);
  SHAPE[state](c, x, y, r);
  c.fillStyle = hollow ? "#ffffff" : COLOUR[state];
  c.strokeStyle = hollow ? COLOUR[state] : "#ffffff";
  c.fill();
  c.stroke();
  c.setLineDash([]);
  if (state === "offline") {
    c.beginPath();
    c.moveTo(x - r, y + r);
    c.lineTo(x + r, y - r);
    c.stroke();
  }
}

/** The size of a letter, which is larger on a wall. [px] */
const rem = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

export class JunctionMarker extends L.CircleMarker {
  private state: State = "never";

  constructor(at: L.LatLngExpression, state: State) {
    super(at, { radius: rem() / 2, weight: 3, fill: true });
    this.state = state;
  }

  show(state: State): void {
    if (state === this.state) return;
    this.state = state;
    this.redraw();
  }

  /** Leaflet calls this to draw the marker on its canvas. */
  _updatePath(): void {
    const inner = this as unknown as Inner;
    if (!inner._renderer._drawing || inner._empty()) return;
    drawSign(inner._renderer._ctx, this.state, inner._point.x, inner._point.y, this.getRadius());
  }
}
