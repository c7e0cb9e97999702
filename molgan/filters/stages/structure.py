"""Structure: filters of the bare molecular graph."""

from collections.abc import Sequence

from pydantic import Field, field_validator, model_validator
from rdkit import Chem

from molgan.base.settings import Settings
from molgan.chem.molecule import ELEMENTS, Molecule
from molgan.filters.filter import IdentityFilter, MoleculeFilter
from molgan.filters.known.identity import Sameness
from molgan.scoring.parameters import make_name_error


class Valid(MoleculeFilter):
    """Every filter rejects invalid input; this one does nothing else, so that its stage counts it."""

    name = "valid"
    summary = "RDKit parses and sanitises it"

    def _reason(self, mol: Chem.Mol) -> str | None:
        return None


class Distinct(IdentityFilter):
    """Compares canonical SMILES."""

    name = "distinct"
    summary = "The first of equal molecules"

    class Parameters(Settings):
        ignore_stereo: bool = Field(False, description="Whether stereoisomers are equal")
        ignore_salts: bool = Field(False, description="Whether salts of one molecule are equal")
        ignore_tautomers: bool = Field(False, description="Whether tautomers are equal")

    parameters: Parameters

    def identify(self, molecules: Sequence[Molecule]) -> list[str]:
        same = Sameness(self.parameters.ignore_stereo, self.parameters.ignore_salts, self.parameters.ignore_tautomers)
        return [same.identify(molecule) for molecule in molecules]


class Connected(MoleculeFilter):
    name = "connected"
    summary = "One fragment: no salt, no mixture"

    def _reason(self, mol: Chem.Mol) -> str | None:
        fragments = len(Chem.GetMolFrags(mol))
        return None if fragments == 1 else f"several fragments: {fragments}"


class Size(MoleculeFilter):
    name = "size"
    summary = "Number of heavy atoms"

    class Parameters(Settings):
        min: int = Field(default=10, ge=1, description="Fewest heavy atoms of a molecule")
        max: int = Field(default=50, ge=1, description="Most heavy atoms of a molecule")

        @model_validator(mode="after")
        def _check_order(self) -> "Size.Parameters":
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
        allowed: tuple[str, ...] = Field(
            tuple(sorted(ELEMENTS)), description="Element symbols; hydrogen needs no mention"
        )

        @field_validator("allowed")
        @classmethod
        def _check_names(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
            table = Chem.GetPeriodicTable()
            symbols = {table.GetElementSymbol(number) for number in range(1, 119)}
            for symbol in allowed:
                if symbol not in symbols:
                    raise ValueError(str(make_name_error("element", symbol, symbols)))
            return allowed

    parameters: Parameters

    def _reason(self, mol: Chem.Mol) -> str | None:
        elements = {atom.GetSymbol() for atom in mol.GetAtoms()}
        foreign = sorted(elements - {*self.parameters.allowed, "H"})
        return f"element not allowed: {', '.join(foreign)}" if foreign else None


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
