"""The solvers: HiGHS by way of scipy, and SCIP, HiGHS and CP-SAT by way of OR-Tools, which can be given a start."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from optimiser.green_wave.mixed_program import MixedProgram
from signal_ctrl.domain.errors import BackendError, InvalidInputError

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

FloatArray = NDArray[np.float64]
SCIPY: Final = "highs"
ENGINES: Final = (SCIPY, "scip", "or-highs")


Clock = Callable[[], float]
"""Tells the time, from whenever on. [s]"""
_LEAST_S: Final = 0.1
"""Where no time is left a question still gets this much: a quick one is answered, the others are given up. [s]"""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search [s], how close to the best is close enough, with which engine.

    A plan asks several questions. Without a clock each of them may take `time_s`; with one all together may, from
    `begun` on, and `ends_s` is when they end.
    """

    time_s: float = 60.0
    gap: float = 1e-4
    engine: str = SCIPY
    clock: Clock | None = None
    ends_s: float = math.inf

    def __post_init__(self) -> None:
        if not 0.0 < self.time_s < math.inf or not 0.0 <= self.gap < 1.0:
            raise InvalidInputError(
                f"need a time limit above 0 s and a gap of 0 to 1, got {self.time_s:g}, {self.gap:g}"
            )
        if self.engine not in ENGINES:
            raise InvalidInputError(f"unknown engine '{self.engine}'; choose one of {', '.join(ENGINES)}")

    def begun(self) -> "Effort":
        """Return the effort with its clock running, the same if it has none or runs already."""
        if self.clock is None or self.ends_s < math.inf:
            return self
        return replace(self, ends_s=self.clock() + self.time_s)

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return self.clock is not None and self.clock() >= self.ends_s

    @property
    def question_s(self) -> float:
        """How long the next question may take. [s]"""
        return self.time_s if self.clock is None else max(min(self.time_s, self.ends_s - self.clock()), _LEAST_S)

    def part(self, share: float) -> "Effort":
        """Return the effort for a part that may take a share (0-1) of what is left; without a clock the same."""
        if self.clock is None or self.ends_s == math.inf:
            return self
        return replace(self, ends_s=self.ends_s - (1.0 - share) * max(self.ends_s - self.clock(), 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The best values found, (n_variables,), None for none; `bound`, which no values can pass; `proven_empty`."""

    values: FloatArray | None
    found: float
    bound: float
    proven_empty: bool
    nodes: int = 0

    @property
    def gap(self) -> float:
        """(bound - found) / found, the part by which the best possible may be better at most."""
        if self.values is None:
            return math.inf
        return max(self.bound - self.found, 0.0) / max(abs(self.found), 1e-9)


def solve(program: MixedProgram, effort: Effort, start: FloatArray | None = None) -> Answer:
    """Return the best values that were found in the time.

    Args: start, values to start from, (n_variables,); scipy's way to HiGHS has no use for them.
    """
    if any(low > high for low, high in zip(program.low, program.high, strict=True)):
        return Answer(None, -math.inf, -math.inf, True)  # no whole number lies between some bounds
    if effort.engine == SCIPY:
        return _by_scipy(program, effort)
    return _by_ortools(program, effort, start)


def _by_scipy(program: MixedProgram, effort: Effort) -> Answer:
    matrix, low, high = program.matrix()
    options = {"time_limit": effort.question_s, "mip_rel_gap": effort.gap}
    found = milp(
        program.costs(),
        integrality=np.array(program.whole, dtype=np.int64),
        bounds=Bounds(np.array(program.low), np.array(program.high)),
        constraints=LinearConstraint(matrix, low, high),
        options=options,
    )
    values = None if found.x is None else np.asarray(found.x, dtype=np.float64)
    if found.status not in (0, 1, 2):
        raise BackendError(f"HiGHS gave up: {found.message}")
    bound = -found.mip_dual_bound if found.mip_dual_bound is not None else math.inf
    best = -float(found.fun) if values is not None else -math.inf
    shift = program.most.constant
    return Answer(values, best + shift, bound + shift, found.status == 2, int(found.mip_node_count or 0))


def _by_ortools(program: MixedProgram, effort: Effort, start: FloatArray | None) -> Answer:
    from ortools.math_opt.python import mathopt  # noqa: PLC0415 - slow to load, and only for who asks for it

    model = mathopt.Model()
    variables = [
        model.add_variable(lb=a, ub=b, is_integer=w)
        for a, b, w in zip(program.low, program.high, program.whole, strict=True)
    ]
    for row in program.rows:
        terms = mathopt.LinearSum(f * variables[v] for v, f in row.terms.items())
        model.add_linear_constraint(lb=row.low, ub=row.high, expr=terms)
    model.maximize(mathopt.LinearSum(f * variables[v] for v, f in program.most.terms.items()))
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=effort.question_s), relative_gap_tolerance=effort.gap, absolute_gap_tolerance=0.0
    )
    hints = mathopt.ModelSolveParameters()
    if start is not None:
        hints.solution_hints.append(
            mathopt.SolutionHint(variable_values={v: float(x) for v, x in zip(variables, start, strict=True)})
        )
    kind = {"scip": mathopt.SolverType.GSCIP, "or-highs": mathopt.SolverType.HIGHS}[effort.engine]
    result = mathopt.solve(model, kind, params=parameters, model_params=hints)
    return _read(result, variables, program.most.constant)


def _read(result: "mathopt.SolveResult", variables: "list[mathopt.Variable]", shift: float) -> Answer:
    bound = result.termination.objective_bounds.dual_bound
    empty = result.termination.reason.name in ("INFEASIBLE", "INFEASIBLE_OR_UNBOUNDED")
    if not result.has_primal_feasible_solution():
        return Answer(None, -math.inf, bound, empty)
    values = np.array([result.variable_values(v) for v in variables])
    return Answer(values, result.objective_value() + shift, bound + shift, False)
