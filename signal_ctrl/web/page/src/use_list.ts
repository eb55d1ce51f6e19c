// A list of the centre that is kept young.
import { effect, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
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

/** Returns a list, asked for again after every act that the stream tells of. */
export function useList<T>(path: string): { found: T[]; wrong: string; again: () => void } {
  const [found, setFound] = useState<T[]>([]);
  const [wrong, setWrong] = useState("");
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let wanted = true;
    if (isPast.value) return;
    ask<T[]>("GET", path).then(
      (list) => {
        if (!wanted) return;
        setFound(list);
        setWrong("");
      },
      (problem) => {
        if (wanted && problem instanceof Problem) setWrong(problem.message);
      },
    );
    return () => {
      wanted = false;
    };
  }, [path, lately.value, times, isPast.value]);
  if (isPast.value) return { found: pastList<T>(path), wrong: "", again: () => undefined };
  return { found, wrong, again: () => setTimes((n) => n + 1) };
}
