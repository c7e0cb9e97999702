"""Filters of the bare structure."""

from collections.abc import Sequence

from pydantic import Field, field_validator, model_validator
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.chem.molecule import ELEMENTS, Molecule
from molgan.filters.filter import Filter, MoleculeFilter, Verdict, kept_without
from molgan.filters.identity import Sameness
from molgan.scoring.parameters import unknown

DUPLICATE = "duplicate"


class Valid(MoleculeFilter):
    """Every filter rejects what is no molecule; this one does nothing else, so that its stage counts them."""

    name = "valid"
    summary = "RDKit parses and sanitises it"

    def _reason(self, mol: Chem.Mol) -> str | None:
        return None


class Distinct(Filter):
    """Compares canonical SMILES, over all calls since `reset`."""

    name = "distinct"
    summary = "The first of equal molecules"

    class Parameters(Settings):
        """`ignore_stereo`: whether stereoisomers are equal. `ignore_salts`: whether salts of one molecule are.
        `ignore_tautomers`: whether tautomers are."""

        ignore_stereo: bool = False
        ignore_salts: bool = False
        ignore_tautomers: bool = False

    parameters: Parameters

    def __init__(self, **parameters: object) -> None:
        super().__init__(**parameters)
        self._seen: set[str] = set()

    def reset(self) -> None:
        self._seen.clear()

    def identities(self, molecules: Sequence[Molecule]) -> list[str]:
        same = Sameness(self.parameters.ignore_stereo, self.parameters.ignore_salts, self.parameters.ignore_tautomers)
        return [same.identify(molecule) for molecule in molecules]

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        reasons = [self._once(text) for text in self.identities(molecules)]
        return kept_without(reasons), reasons

    def _once(self, text: str) -> str | None:
        if text in self._seen:
            return DUPLICATE
        self._seen.add(text)
        return None


class Size(MoleculeFilter):
    name = "size"
    summary = "Number of heavy atoms"

    class Parameters(Settings):
        """Fewest and most heavy atoms that are kept."""

        min: int = Field(default=10, ge=1)
        max: int = Field(default=50, ge=1)

        @model_validator(mode="after")
        def _ordered(self) -> "Size.Parameters":
            if self.min > self.max:
                raise ValueError(f"min {self.min} is above max {self.max}")
            return self

    parameters: Parameters

    def _reason(self, mol: Chem.Mol) -> str | None:
        atoms = mol.GetNumHeavyAtoms()
        if atoms < self.parameters.min:
            return f"fewer than {self.parameters.min} heavy atoms: {atoms}"
        return f"more than {self.parameters.max} heavy atoms: {atoms}" if atoms > self.parameters.max else None


class Elements(MoleculeFilter):
    name = "elements"
    summary = "Only given elements"

    class Parameters(Settings):
        """`allowed`: element symbols; hydrogen needs no mention."""

        allowed: tuple[str, ...] = tuple(sorted(ELEMENTS))

        @field_validator("allowed")
        @classmethod
        def _exist(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
            table = Chem.GetPeriodicTable()
            symbols = {table.GetElementSymbol(number) for number in range(1, 119)}
            for symbol in allowed:
                if symbol not in symbols:
                    raise ValueError(str(unknown("element", symbol, symbols)))
            return allowed

    parameters: Parameters

    def _reason(self, mol: Chem.Mol) -> str | None:
        elements = {atom.GetSymbol() for atom in mol.GetAtoms()}
        foreign = sorted(elements - {*self.parameters.allowed, "H"})
        return f"element not allowed: {', '.join(foreign)}" if foreign else None


class Connected(MoleculeFilter):
    name = "connected"
    summary = "One fragment: no salt, no mixture"

    def _reason(self, mol: Chem.Mol) -> str | None:
        fragments = len(Chem.GetMolFrags(mol))
        return None if fragments == 1 else f"several fragments: {fragments}"


class Ordinary(MoleculeFilter):
    name = "ordinary"
    summary = "No isotope label, no radical"

    def _reason(self, mol: Chem.Mol) -> str | None:
        for atom in mol.GetAtoms():
            if atom.GetIsotope():
                return f"isotope: {atom.GetIsotope()}{atom.GetSymbol()}"
            if atom.GetNumRadicalElectrons():
                return f"radical: {atom.GetSymbol()}"
        return None
