"""The molecules that a campaign draws, in parts with their scores; each part is on disk before the next is drawn."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from molgan.base.content import add_contents, digest
from molgan.base.files import write_files
from molgan.bulk.library import identifier
from molgan.campaign.work import Work
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.chem.stereoisomers import enumerate_stereoisomers
from molgan.scoring.base import NotAsked

if TYPE_CHECKING:
    import pandas

    from molgan.distributed.drawing_pool import DrawingPool
    from molgan.models.protocols import Critic, LikelihoodGenerator, Sample

_KEY = b"molgan.key"
_MOST_REASONS = 5


class Samples:
    """Parts under `samples/`: 0000.parquet has smiles (canonical), log_prob and, where stereo is enumerated, parent;
    0000.scores.parquet has their scores.

    A part that was drawn before with the same generator and settings is read from disk. Every value of a molecule is
    computed from its canonical SMILES, so that the value does not depend on who drew it or what was scored before.
    """

    def __init__(
        self,
        work: Work,
        key: str,
        load_generator: "Callable[[], LikelihoodGenerator]",
        critic: Path | None,
        given: Sequence[str] | None = None,
    ) -> None:
        """
        Where the campaign enumerates stereo, `parents` has one text for each molecule: the identifier of the drawn
        molecule with unspecified stereo that an isomer replaces, "" for a molecule as it was drawn.

        Args:
            work: The job.
            key: A digest of everything that decides which molecules are drawn.
            load_generator: Loads the generator, when it is first needed.
            critic: The path of a critic that judges how real a molecule is, None without one.
            given: SMILES that take the place of drawn molecules.
        """
        self.folder = work.folder / "samples"
        self.drawn = 0
        self.reused = 0
        self.parents: list[str] = []
        self._work = work
        self._key = key
        self._load_generator = load_generator
        self._critic_path = critic
        self._given = given
        self._scored_by = digest([key, add_contents({"objective": work.config.objective.model_dump(mode="json")})])
        self._parts = 0
        self._row: dict[str | None, int] = {}  # of each distinct molecule in `_scores`
        self._scores: pandas.DataFrame | None = None
        self._pool: DrawingPool | None = None

    def close(self) -> None:
        """End the processes that draw, if there are any."""
        if self._pool is not None:
            self._pool.close()

    def draw(self, size: int) -> list[Molecule]:
        """Draw and score the next part of `size` molecules, or read it from disk; with isomers in their place, more."""
        key = digest([self._key, self._parts, size])
        path, scores_path = (self.folder / f"{self._parts:04d}{suffix}" for suffix in (".parquet", ".scores.parquet"))
        drawn = _read(path, key)
        self.reused += 0 if drawn is None else size
        if drawn is None:
            drawn = self._enumerate_stereo(self._draw_part(size))
            _write(path, drawn, key)
        molecules = parse_all(drawn["smiles"])
        if "parent" in drawn:
            self.parents += drawn["parent"].tolist()
        # The parts before belong to the key: a molecule that is drawn again keeps the scores that it had.
        self._scored_by = digest([self._scored_by, key])
        scores = _read(scores_path, self._scored_by)
        if scores is None:
            scores = self._score_part(molecules)
            _write(scores_path, scores, self._scored_by)
            self._work.keep()
        self._remember(molecules, scores)
        self._parts += 1
        self.drawn += size
        return molecules

    def table(self, molecules: Sequence[Molecule]) -> "pandas.DataFrame":
        """The scores of drawn molecules, one row each: the columns of `ScoreTable.to_frame` without `smiles`, and, with
        a critic, `realism`, its probability that the molecule is real."""
        assert self._scores is not None
        return self._scores.iloc[[self._row[molecule.smiles] for molecule in molecules]]

    def failures(self) -> dict[str, dict[str, int]]:
        """By component and reason, the most frequent first: the distinct drawn molecules without a value."""
        found: dict[str, Counter[str]] = {}
        for error in [] if self._scores is None else self._scores["error"].dropna():
            for part in (text for text in str(error).split("; ") if not text.startswith(NotAsked.START)):
                component, _, reason = part.partition(": ")
                found.setdefault(component, Counter())[reason or component] += 1
        return {component: dict(reasons.most_common(_MOST_REASONS)) for component, reasons in sorted(found.items())}

    def discard_rest(self) -> None:
        """Delete the parts of an earlier run that this one did not ask for."""
        for path in self.folder.glob("*.parquet"):
            if int(path.name.partition(".")[0]) >= self._parts:
                path.unlink()

    @cached_property
    def _draw(self) -> "Callable[..., list[Sample]]":
        """The function that draws: of the generator in this process, or of Ray workers that hold the generator."""
        agent, compute = self._load_generator(), self._work.config.compute
        if compute.workers == 0:
            agent.to(self._work.device)
            return agent.sample
        from molgan.distributed.drawing_pool import DrawingPool

        self._pool = DrawingPool(agent, compute, self._work.progress, self._work.reservation)
        return self._pool.sample

    @cached_property
    def _critic(self) -> "Critic | None":
        from molgan.models.critics.critic_kinds import load_critic

        return None if self._critic_path is None else load_critic(self._critic_path).to(self._work.device)

    def _draw_part(self, size: int) -> "pandas.DataFrame":
        import pandas

        if self._given is not None:
            part = list(self._given[self.drawn : self.drawn + size])
            return pandas.DataFrame({"smiles": part, "log_prob": np.full(len(part), np.nan)})
        config, progress = self._work.config, self._work.progress
        seed = np.random.SeedSequence(config.seed, spawn_key=(self._parts,)).generate_state(1, np.uint32)[0]
        samples = self._draw(
            size,
            seed=int(seed),
            max_atoms=config.sample.max_atoms,
            temperature=config.sample.temperature,
            on_batch=lambda done: progress.advance("sample", done),
        )
        smiles = [parse(sample.smiles).smiles or sample.smiles for sample in samples]
        return pandas.DataFrame({"smiles": smiles, "log_prob": [sample.log_prob for sample in samples]})

    def _enumerate_stereo(self, drawn: "pandas.DataFrame") -> "pandas.DataFrame":
        import pandas

        stereo = self._work.config.stereo
        if stereo is None:
            return drawn
        rows = []
        for smiles, log_prob in zip(drawn["smiles"], drawn["log_prob"], strict=True):
            molecule = parse(smiles)
            isomers = [each.smiles for each in enumerate_stereoisomers(molecule, most=stereo.enumerate) if each.valid]
            if isomers in ([], [molecule.smiles]):
                rows.append((smiles, log_prob, ""))
            else:
                rows += [(isomer, log_prob, identifier(str(molecule.smiles))) for isomer in isomers]
        return pandas.DataFrame(rows, columns=["smiles", "log_prob", "parent"])

    def _score_part(self, molecules: list[Molecule]) -> "pandas.DataFrame":
        import pandas

        new = {m.smiles: m for m in molecules if m.smiles not in self._row}
        table = self._work.objective(list(new.values())).to_frame().drop(columns="smiles")
        if self._critic is not None:
            table.insert(len(table.columns) - 1, "realism", to_probability(self._critic.score(list(new.values()))))
        row = {smiles: len(self._row) + i for i, smiles in enumerate(new)} | self._row
        known = table if self._scores is None else pandas.concat([self._scores, table])
        return known.iloc[[row[molecule.smiles] for molecule in molecules]]

    def _remember(self, molecules: list[Molecule], scores: "pandas.DataFrame") -> None:
        import pandas

        new: list[int] = []
        for i, molecule in enumerate(molecules):
            if molecule.smiles not in self._row:
                self._row[molecule.smiles] = len(self._row)
                new.append(i)
        known = scores.iloc[new]
        self._scores = known if self._scores is None else pandas.concat([self._scores, known])


def to_probability(logits: np.ndarray) -> np.ndarray:
    """Logits as probabilities, rounded to the digits that are reliable in half precision."""
    return np.asarray(np.round(1 / (1 + np.exp(-logits)), 4))


def _write(path: Path, table: "pandas.DataFrame", key: str) -> None:
    import pyarrow
    import pyarrow.parquet

    whole = pyarrow.Table.from_pandas(table, preserve_index=False).replace_schema_metadata({_KEY: key})
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(whole, sink)
    write_files(path.parent, {path.name: [sink.getvalue()]})


def _read(path: Path, key: str) -> "pandas.DataFrame | None":
    """The table that was written with this key; None where there is none."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowInvalid):
        return None
    metadata: dict[bytes, Any] = table.schema.metadata or {}
    return table.to_pandas() if metadata.get(_KEY) == key.encode() else None
