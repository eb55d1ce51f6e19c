"""A mixed-integer program being written down: variables, rows that belong to named rules, a sum to be made most.

Rows belong to rules, so that where nothing can satisfy them all, the smallest set of rules at odds can be named.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
FREE: Final = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Sum:
    """A linear expression: coefficients by variable, and a constant.

    >>> (Sum({0: 1.0}, 2.0) + Sum({0: 1.0, 1: 3.0}) * -1.0).terms
    {0: 0.0, 1: -3.0}
    """

    terms: Mapping[int, float] = field(default_factory=dict)
    constant: float = 0.0

    def __add__(self, other: "Sum") -> "Sum":
        terms = dict(self.terms)
        for variable, factor in other.terms.items():
            terms[variable] = terms.get(variable, 0.0) + factor
        return Sum(terms, self.constant + other.constant)

    def __mul__(self, factor: float) -> "Sum":
        return Sum({variable: factor * own for variable, own in self.terms.items()}, factor * self.constant)

    def __sub__(self, other: "Sum") -> "Sum":
        return self + other * -1.0

    def value(self, values: FloatArray) -> float:
        """Return the value with variables of shape (n_variables,)."""
        return self.constant + sum(factor * float(values[v]) for v, factor in self.terms.items())


@dataclass(frozen=True, slots=True)
class Row:
    """One row: low <= terms <= high, because of a rule."""

    terms: Mapping[int, float]
    low: float
    high: float
    rule: str


@dataclass(slots=True)
class MixedProgram:
    """Variables with bounds, rows, and what is to be made most."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    most: Sum = field(default_factory=Sum)

    def variable(self, low: float, high: float, whole: bool = False) -> Sum:
        """Add a variable and return it."""
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)
        return Sum({len(self.low) - 1: 1.0})

    def require(self, found: Sum, low: float, high: float, rule: str) -> None:
        """Add low <= expression <= high."""
        terms = {variable: factor for variable, factor in found.terms.items() if factor != 0.0}
        self.rows.append(Row(terms, low - found.constant, high - found.constant, rule))

    def without(self, rules: frozenset[str]) -> "MixedProgram":
        """Return the program without the rows of some rules."""
        return replace(self, rows=[row for row in self.rows if row.rule not in rules])

    def copy(self) -> "MixedProgram":
        """Return a program that can be added to without changing this one."""
        return MixedProgram(list(self.low), list(self.high), list(self.whole), list(self.rows), self.most)

    def matrix(self) -> "tuple[csr_array, FloatArray, FloatArray]":
        """Return the rows, shape (n_rows, n_variables), and their bounds, (n_rows,) each."""
        starts = np.cumsum([0, *(len(row.terms) for row in self.rows)])
        columns = np.array([v for row in self.rows for v in row.terms], dtype=np.int64)
        factors = np.array([f for row in self.rows for f in row.terms.values()])
        shape = (len(self.rows), len(self.low))
        low = np.array([row.low for row in self.rows])
        high = np.array([row.high for row in self.rows])
        return csr_array((factors, columns, starts), shape=shape), low, high

    def costs(self) -> FloatArray:
        """Return what a solver that makes least has to make least, (n_variables,)."""
        found = np.zeros(len(self.low))
        for variable, factor in self.most.terms.items():
            found[variable] -= factor
        return found
