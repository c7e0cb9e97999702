from collections.abc import Sequence

import pandas

from molgan.chem.molecule import Molecule, parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.filters.funnel import Funnel
from molgan.filters.settings import FunnelSettings

MOLECULES = parse_all([record.smiles for record in load_reference("moses_reference_1000")[:40]])


def test_the_last_filters_are_not_asked_while_too_few_are_left() -> None:
    stages = ["valid", "distinct", {"filter": "size", "min": 20}, {"filter": "best", "n": 5}, "pains"]
    passage = Funnel(FunnelSettings.model_validate({"stages": stages})).begin_passage()

    def score(molecules: Sequence[Molecule]) -> pandas.DataFrame:
        return pandas.DataFrame({"score": range(len(molecules))})

    passage.add([*MOLECULES, *MOLECULES[:20]], score)
    reaching = sum(molecule.mol.GetNumHeavyAtoms() >= 20 for molecule in MOLECULES)
    assert 5 < reaching < 40
    assert passage.count_passing(reaching + 1) == reaching  # those that reach `best`, which is not asked
    assert passage.count_passing(reaching) <= 5
    assert passage.count_passing() == len(passage.collect_result().kept) == len(passage.parse_passing())


def test_indices_count_over_all_chunks() -> None:
    passage = Funnel(["valid", "distinct"]).begin_passage()
    passage.add(["CCO", "c1cc"])
    assert passage.collect_result().kept == [0]
    passage.add([])
    passage.add(["OCC", "C"])
    result = passage.collect_result()
    assert result.kept == [0, 3]
    assert [(rejection.index, rejection.stage) for rejection in result.rejected] == [(1, "valid"), (2, "distinct")]
