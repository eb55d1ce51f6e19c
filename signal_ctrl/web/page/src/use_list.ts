// A list of the centre that is kept young.
import { effect, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, Problem } from "./api";
import { acts } from "./city";
import { isPast, pastList } from "./past";

const REST_MS = 2_000;
/** Rises with the acts that the stream tells of, at most every two seconds: many at once are asked for once. */
export const lately = signal(0);
let resting = 0;
effect(() => {
  if (acts.value === 0 || resting) return;
  resting = window.setTimeout(() => {
    resting = 0;
    lately.value = acts.peek();
  }, REST_MS);
});

/** A list; `heard`, whether the centre has answered: before that an empty one says nothing. */
export interface Listed<T> {
  found: T[];
  heard: boolean;
  wrong: string;
  again: () => void;
}

/** Returns a list, asked for again after every act that the stream tells of. */
export function useList<T>(path: string): Listed<T> {
  const [last, setLast] = useState<Omit<Listed<T>, "again">>({ found: [], heard: false, wrong: "" });
  const [times, setTimes] = useState(0);
  const turns = useRef({ asked: 0, taken: 0 });
  useEffect(() => {
    if (isPast.value) {
      setLast({ found: [], heard: false, wrong: "" }); // who comes back sees nothing that was before
      return;
    }
    const turn = ++turns.current.asked;
    const take = (next: (before: typeof last) => typeof last) => {
      if (turn < turns.current.taken) return; // a younger answer has come
      turns.current.taken = turn;
      setLast(next);
    };
    ask<T[]>("GET", path).then(
      (found) => take(() => ({ found, heard: true, wrong: "" })),
      (problem) => problem instanceof Problem && take((before) => ({ ...before, wrong: problem.message })),
    );
  }, [path, lately.value, times, isPast.value]);
  const again = () => setTimes((n) => n + 1);
  return isPast.value ? { found: pastList<T>(path), heard: true, wrong: "", again } : { ...last, again };
}
