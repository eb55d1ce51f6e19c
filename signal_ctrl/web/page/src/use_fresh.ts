// An answer of the centre that is asked for once, or again and again.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";

/** Never again: what is asked for does not change. */
export const ONCE = 0;

/** Returns the last answer for a path, asked for every so often, one question at a time; an empty path asks for nothing. */
export function useFresh<T>(path: string, everyMs: number): { found: T | null; wrong: string } {
  const [last, setLast] = useState<{ path: string; answer: T | null; wrong: string }>({ path: "", answer: null, wrong: "" });
  useEffect(() => {
    if (!path) return;
    let wanted = true;
    let asking = false;
    const look = async () => {
      if (asking || (document.hidden && everyMs !== ONCE)) return;
      asking = true;
      try {
        const answer = await ask<T>("GET", path);
        if (wanted) setLast({ path, answer, wrong: "" });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (wanted) setLast((before) => ({ path, answer: before.path === path ? before.answer : null, wrong: problem.message }));
      } finally {
        asking = false;
      }
    };
    void look();
    const timer = everyMs === ONCE ? 0 : setInterval(() => void look(), everyMs);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [path, everyMs]);
  return last.path === path ? { found: last.answer, wrong: last.wrong } : { found: null, wrong: "" };
}
