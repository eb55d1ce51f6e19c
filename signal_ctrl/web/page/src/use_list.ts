// A list of the centre that is kept young.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";
import { acts } from "./city";

/** Returns a list, asked for again after every act that the stream tells of. */
export function useList<T>(path: string): { found: T[]; wrong: string; again: () => void } {
  const [found, setFound] = useState<T[]>([]);
  const [wrong, setWrong] = useState("");
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let wanted = true;
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
  }, [path, acts.value, times]);
  return { found, wrong, again: () => setTimes((n) => n + 1) };
}
