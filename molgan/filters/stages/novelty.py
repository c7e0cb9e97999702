"""Novelty: filters that reject known molecules."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from pydantic import Field, ValidationInfo, field_validator

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict, decide, get_mols
from molgan.filters.known.identity import Sameness
from molgan.filters.known.neighbours import Neighbours
from molgan.filters.known.reference_set import ReferenceSet, find_reference
from molgan.scoring.inputs import as_list, get_text


class ReferenceParameters(Settings):
    """Known molecules to compare with."""

    references: tuple[str, ...] = Field(
        min_length=1,
        description="Files of molecules, names of sets that come with molgan, SMILES, or in a campaign `train`, its "
        "training data and the default",
    )
    column: str | None = Field(None, description="Name of the SMILES column of the files; found by name when left out")

    @field_validator("references", mode="before", json_schema_input_type=tuple[str, ...] | str)
    @classmethod
    def _make_list(cls, references: object) -> object:
        if isinstance(references, str) or not isinstance(references, Iterable):
            return [references]
        return [get_text(item) for item in as_list(references)]

    @field_validator("references")
    @classmethod
    def _locate_files(cls, references: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        folder = (info.context or {}).get("folder")
        try:
            return tuple(find_reference(name, folder) for name in references)
        except ConfigError as error:
            raise ValueError(str(error)) from None


class Novel(Filter):
    """Compares canonical SMILES, however the references are spelled. The reason names the set and the molecule of it,
    as it is written there."""

    name = "novel"
    summary = "In none of the reference sets"

    class Parameters(ReferenceParameters):
        ignore_stereo: bool = Field(False, description="Whether a stereoisomer of a reference is known, too")
        ignore_salts: bool = Field(
            False,
            description="Whether counter-ions, solvents and charges that a proton balances make no difference",
        )
        ignore_tautomers: bool = Field(
            False, description="Whether a tautomer of a reference is known, too (RDKit's hash HetAtomTautomerv2)"
        )

    parameters: Parameters

    @cached_property
    def _sets(self) -> list[ReferenceSet]:
        p = self.parameters
        same = Sameness(p.ignore_stereo, p.ignore_salts, p.ignore_tautomers)
        return ReferenceSet.load_all(p.references, p.column, same)

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        reasons: list[str | None] = [None] * len(molecules)
        for references in self._sets:
            found = references.find(molecules)
            for i, text in enumerate(found):
                if text is not None and reasons[i] is None:
                    reasons[i] = f"in {references.name}: {text}"
        return decide(reasons)


class Unlike(Filter):
    """Tanimoto similarity on ECFP4."""

    name = "unlike_known"
    summary = "Less similar than a limit to every molecule of the reference sets"

    class Parameters(ReferenceParameters):
        similarity: float = Field(
            default=0.7, gt=0, le=1, description="Tanimoto similarity from which on a molecule is rejected"
        )
        sample: int | None = Field(
            default=100_000,
            ge=1,
            description="References of each set to compare with, spread evenly over it; null takes all",
        )

    parameters: Parameters

    @cached_property
    def _neighbours(self) -> Neighbours:
        p = self.parameters
        return Neighbours(ReferenceSet.load_all(p.references, p.column), sample=p.sample)

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        nearest = self._neighbours(get_mols(molecules))
        reasons = [
            f"like one in {near.reference}: {near.similarity:.2f} to {near.smiles}"
            if near.similarity >= self.parameters.similarity
            else None
            for near in nearest
        ]
        return decide(reasons)
