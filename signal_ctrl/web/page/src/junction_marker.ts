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

const CIRCLE = "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1 -1 0Z";

/** The outline of each state's sign, of radius 1 around 0: the map draws it, the list and the legend show it. */
export const OUTLINE: Readonly<Record<State, string>> = {
  adaptive: CIRCLE,
  plan: "M-.87 -.87H.87V.87H-.87Z",
  override: "M0 -1.4L1.4 0L0 1.4L-1.4 0Z",
  fallback: "M0 -1.3L1.25 1L-1.25 1Z",
  fault: "M-1.25 -1H1.25L0 1.3Z",
  offline: `${CIRCLE}M-1 1L1 -1`,
  never: CIRCLE,
};

/** Whether a state's sign is empty: nothing is known of who decides. */
export const isHollow = (state: State): boolean => state === "offline" || state === "never";

const PATHS = new Map<State, Path2D>();

function pathOf(state: State): Path2D {
  const known = PATHS.get(state) ?? new Path2D(OUTLINE[state]);
  PATHS.set(state, known);
  return known;
}

function drawSign(c: CanvasRenderingContext2D, state: State, x: number, y: number, r: number): void {
  c.save();
  c.translate(x, y);
  c.scale(r, r);
  c.lineWidth = 2 / r;
  if (state === "never") c.setLineDash([2 / r, 2 / r]);
  c.fillStyle = isHollow(state) ? "#ffffff" : COLOUR[state];
  c.strokeStyle = isHollow(state) ? COLOUR[state] : "#ffffff";
  c.fill(pathOf(state));
  c.stroke(pathOf(state));
  c.restore();
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
