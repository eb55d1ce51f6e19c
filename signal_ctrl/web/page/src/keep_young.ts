// What a map shows beside junctions and roads: asked for again and again while somebody looks at it.
import { computed, effect, signal, untracked } from "@preact/signals";
import { ask, entry, Problem } from "./api";
import { nowMs } from "./clock";
import { isPast, pastList } from "./past";

const SOME_MS = 5_000;
const NONE_MS = 60_000; // where there is nothing there is little to ask for

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

/**
 * Returns the rows that a path answers, now or at the time of the past that is shown; what follows them, which returns what ends
 * it; what asks at once, where somebody looks; and how old something is by now that was so old in the answer.
 */
export function kept<T, Answer = readonly T[]>(path: string, rowsOf: (answer: Answer) => readonly T[], someMs = SOME_MS, noneMs = NONE_MS) {
  const found = signal<readonly T[]>([]);
  const heard = signal(false);
  const rows = computed((): readonly T[] => (isPast.value ? pastList<T>(path) : found.value));
  let heardMs = 0;
  let followed = false;
  let timer = 0;
  let asked = 0;
  let taken = 0;
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    const number = ++asked;
    let next = someMs;
    try {
      if (entry.peek() === "in" && !isPast.peek() && !document.hidden) {
        const answer = await ask<Answer>("GET", path);
        if (number < taken || isPast.peek()) return; // a younger one has come
        taken = number;
        heardMs = nowMs.peek();
        found.value = rowsOf(answer);
        heard.value = true;
        if (found.peek().length === 0) next = noneMs;
      }
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    } finally {
      if (followed && number === asked) timer = window.setTimeout(() => void look(), next);
    }
  };
  const seen = (): void => {
    if (!document.hidden) void look();
  };
  const follow = shared(() => {
    followed = true;
    const stop = effect(() => {
      if (isPast.value) found.value = []; // who comes back sees nothing that was before
      else untracked(() => void look());
    });
    document.addEventListener("visibilitychange", seen);
    return () => {
      followed = false;
      stop();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  });
  const refresh = (): void => {
    if (followed) void look();
  };
  const ageS = (toldS: number): number => toldS + (isPast.value ? 0 : Math.max(nowMs.value - heardMs, 0) / 1000);
  return { rows, heard, follow, refresh, ageS };
}
