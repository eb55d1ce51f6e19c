// What a map shows beside junctions and roads: asked for again and again while somebody looks at it.
import { entry, ask, Problem } from "./api";
import { isPast } from "./past";

const EVERY_MS = 5_000;
const NONE_MS = 60_000; // where there is nothing there is little to ask for

/** Asks for a path and hands the answer on, which says whether there is anything; returns what ends it. */
export function keepYoung<T>(path: string, take: (answer: T) => boolean): () => void {
  let timer = 0;
  let over = false;
  const look = async () => {
    let some = true;
    try {
      if (entry.peek() === "in" && !isPast.peek() && !document.hidden) some = take(await ask<T>("GET", path));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    if (!over) timer = window.setTimeout(() => void look(), some ? EVERY_MS : NONE_MS);
  };
  void look();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/** Returns what begins something for the first who looks, and ends it with the last. */
export function shared(begin: () => () => void): () => () => void {
  let lookers = 0;
  let end = (): void => undefined;
  return () => {
    lookers += 1;
    if (lookers === 1) end = begin();
    return () => {
      lookers -= 1;
      if (lookers === 0) end();
    };
  };
}
