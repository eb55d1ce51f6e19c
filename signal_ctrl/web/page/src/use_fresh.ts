// An answer of the centre that is asked for again and again.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";

/** Returns the last answer for a path, asked for every so often; an empty path asks for nothing. */
export function useFresh<T>(path: string, everyMs: number): { found: T | null; wrong: string } {
  const [found, setFound] = useState<{ path: string; answer: T } | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    if (!path) return;
    let wanted = true;
    const look = async () => {
      if (document.hidden) return;
      try {
        const answer = await ask<T>("GET", path);
        if (!wanted) return;
        setFound({ path, answer });
        setWrong("");
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (wanted) setWrong(problem.message);
      }
    };
    void look();
    const timer = setInterval(() => void look(), everyMs);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [path, everyMs]);
  return { found: found?.path === path ? found.answer : null, wrong };
}
