"""A funnel that molecules pass part by part, and that tells after each part how many are left so far."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from molgan.chem.molecule import Molecule
from molgan.filters.funnel import Funnel, Scoring
from molgan.filters.funnel_result import FunnelResult
from molgan.filters.settings import FunnelSettings


class Sieve:
    """Filters that judge one molecule at a time see each molecule once, when it comes. From the first filter on that
    judges molecules against each other, the others are applied to all that got that far, whenever it is asked."""

    def __init__(self, settings: FunnelSettings, scores: Scoring) -> None:
        """`scores` gives the rows of the score table for molecules."""
        whole = [stage.filter.whole for stage in Funnel(settings).stages]
        first = whole.index(True) if any(whole) else len(whole)
        self._at_once = Funnel(settings.stages[:first]) if first else None
        self._at_the_end = Funnel(settings.stages[first:]) if first < len(whole) else None
        self._scores = scores
        self._part: Sequence[Molecule] = ()
        self._results: Iterator[FunnelResult] = iter(())
        self._parts: list[FunnelResult] = []
        self._survivors: dict[int, Molecule] = {}
        self._ending: FunnelResult | None = None
        self.entered = 0
        if self._at_once is not None:
            # The stream asks for a part when it is asked for the result of one.
            self._results = self._at_once.stream(iter(lambda: self._part, None), table=scores)
            self._parts.append(next(self._results))

    def add(self, molecules: Sequence[Molecule]) -> None:
        """The next part."""
        kept: Sequence[int] = range(self.entered, self.entered + len(molecules))
        if self._at_once is not None:
            self._part = molecules
            results = list(self._results_of(len(molecules)))
            self._parts += [replace(result, kept=[]) for result in results]
            kept = [i for result in results for i in result.kept]
        self._survivors |= {i: molecules[i - self.entered] for i in kept}
        self.entered += len(molecules)
        self._ending = None

    def left(self, target: int = 0) -> int:
        """How many pass every filter so far; below `target` it may be how many can at most."""
        if self._at_the_end is None or len(self._survivors) < target:
            return len(self._survivors)
        return len(self._judged_at_the_end.kept)

    def result(self) -> tuple[FunnelResult, list[Molecule]]:
        """What became of all molecules, indices counting over all parts, and those that are kept."""
        result = FunnelResult.merged([*self._parts, self._judged_at_the_end])
        return result, [self._survivors[i] for i in result.kept]

    def _results_of(self, count: int) -> Iterator[FunnelResult]:
        """What the stream yields until it has judged so many molecules."""
        while count > 0:
            result = next(self._results)
            count -= result.counts[0].entered
            yield result

    @property
    def _judged_at_the_end(self) -> FunnelResult:
        if self._ending is None:
            self._ending = self._judge_at_the_end()
        return self._ending

    def _judge_at_the_end(self) -> FunnelResult:
        index = list(self._survivors)
        if self._at_the_end is None:
            return FunnelResult(index, [], [])
        result = self._at_the_end(list(self._survivors.values()), table=self._scores)
        rejected = [replace(one, index=index[one.index]) for one in result.rejected]
        return FunnelResult([index[i] for i in result.kept], rejected, result.counts)
