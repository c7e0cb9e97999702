"""Novelty: filters that reject known molecules."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from molgan.base.errors import ConfigError
from molgan.base.secret_key import KEY_VARIABLE, read_key
from molgan.base.settings import OneOrMore, Settings, find_existing
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict, decide, get_mols
from molgan.filters.known.identity import Sameness
from molgan.filters.known.neighbours import Neighbours
from molgan.filters.known.reference_set import ReferenceSet, find_reference
from molgan.filters.known.secret_list import SecretList
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
    as it is written there. Secret lists, of `molgan secret-list`, reveal nothing without their key; each says itself
    what it ignores."""

    name = "novel"
    summary = "In none of the reference sets"

    class Parameters(ReferenceParameters):
        references: tuple[str, ...] = Field(
            (), description=f"{ReferenceParameters.model_fields['references'].description}"
        )
        secret_lists: Annotated[tuple[str, ...], OneOrMore] = Field(
            (), description="Files of `molgan secret-list`, whose molecules are known, too"
        )
        key_variable: str = Field(
            KEY_VARIABLE,
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
            description="Environment variable that has the key of the secret lists",
        )
        ignore_stereo: bool = Field(False, description="Whether a stereoisomer of a reference is known, too")
        ignore_salts: bool = Field(
            False,
            description="Whether counter-ions, solvents and charges that a proton balances make no difference",
        )
        ignore_tautomers: bool = Field(
            False, description="Whether a tautomer of a reference is known, too (RDKit's hash HetAtomTautomerv2)"
        )

        @field_validator("secret_lists")
        @classmethod
        def _locate_lists(cls, lists: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
            return tuple(str(find_existing(Path(name), info)) for name in lists)

        @model_validator(mode="after")
        def _check_given(self) -> "Novel.Parameters":
            if not self.references and not self.secret_lists:
                raise ValueError("parameter 'references' is missing; give it, or `secret_lists`")
            return self

    parameters: Parameters

    @cached_property
    def _lists(self) -> list[SecretList]:
        p = self.parameters
        key = read_key(p.key_variable) if p.secret_lists else b""
        return [SecretList.load(Path(name), key) for name in p.secret_lists]

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
        for secret in self._lists:
            for i, is_member in enumerate(secret.contains(molecules).tolist()):
                if is_member and reasons[i] is None:
                    reasons[i] = f"in {secret.name}"
        return decide(reasons)

    def open_lists(self) -> None:
        """Read the secret lists, which are otherwise read when first needed. Raises ConfigError where the key is
        missing or another, InputError for a damaged list."""
        _ = self._lists


def open_secret_lists(filters: Iterable[Filter]) -> None:
    """Read the secret lists of filters, so that a missing key is told before hours of work; as `Novel.open_lists`."""
    for each in filters:
        if isinstance(each, Novel):
            each.open_lists()


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
