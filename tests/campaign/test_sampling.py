"""Stereo that samples leave open is enumerated before they are scored: parents are told, and the counts add up."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas

from molgan.bulk.library import identifier
from molgan.campaign import run
from molgan.campaign.check import check_campaign
from molgan.chem.molecule import parse
from molgan.chem.stereo import remove_stereo
from molgan.chem.stereoisomers import count_open_stereo
from molgan.config import CampaignConfig
from molgan.report.funnel_section import read_stages, reconcile
from molgan.report.run_data import read_run

Configure = Callable[..., CampaignConfig]


def test_stereo_is_enumerated_and_counts_reconcile(configure: Configure, tmp_path: Path) -> None:
    config = configure("adversarial=null", "reinforce=null", "stereo={enumerate: 2}", "filters=[valid, distinct]")
    result = run(config)
    folder = result.folder
    library, rejected = pandas.read_csv(folder / "library.csv"), pandas.read_csv(folder / "rejected.csv")
    stages = json.loads((folder / "funnel.json").read_text())
    isomers = library[library["parent"].notna()]
    assert len(isomers) > 0
    assert result.drawn == 25 < result.stereoisomers == stages[0]["entered"] == len(library) + len(rejected) <= 50
    assert list(rejected) == ["id", "smiles", "stage", "reason", "parent"]
    assert isomers["parent"].value_counts().max() == 2
    for smiles, parent in zip(isomers["smiles"], isomers["parent"], strict=True):
        mol = parse(smiles).mol
        assert parent == identifier(parse(_write(remove_stereo(mol))).smiles)
    for smiles in library["smiles"][library["parent"].isna()]:
        assert count_open_stereo(parse(smiles).mol) == (0, 0)
    report = read_run(folder)
    assert reconcile(read_stages(report.funnel), report) == []
    assert f">{result.stereoisomers:,}<" in (folder / "report.html").read_text()
    report.manifest["stages"]["library"]["stereoisomers"] += 1
    assert "stereoisomers were made" in reconcile(read_stages(report.funnel), report)[0]
    before = (folder / "library.csv").read_bytes()
    for path in folder.glob("samples/*.scores.parquet"):
        path.unlink()
    (folder / "library.csv").unlink()
    run(config)
    assert (folder / "library.csv").read_bytes() == before
    assert "stereoisomers of 25 drawn" in result.summary


def test_a_check_counts_what_passes_as_a_run_would(configure: Configure) -> None:
    filters = "filters=[valid, {filter: stereo, max: 0}]"
    open_, closed = (
        check_campaign(configure("adversarial=null", "reinforce=null", filters, *more))
        for more in ((), ("stereo={enumerate: 4}", "standardize=true", "data.actives=['CCCN.Cl', '[13CH4]']"))
    )
    assert open_.passing[2].kept < open_.passing[2].entered == closed.passing[2].kept == 1000
    # The salt is scored and judged as its parent; an isotope has no standard form and is left out.
    assert closed.known[["smiles", "stage"]].to_numpy().tolist() == [["CCCN.Cl", ""]]
    parent = check_campaign(configure("adversarial=null", "reinforce=null", filters, "data.actives=[CCCN]"))
    assert closed.known["score"].tolist() == parent.known["score"].tolist()


def _write(mol) -> str:  # type: ignore[no-untyped-def]
    from rdkit import Chem

    return str(Chem.MolToSmiles(mol))


def test_what_scores_0_anyway_costs_an_own_scorer_no_call(configure: Configure, tmp_path: Path) -> None:
    calls, own = tmp_path / "calls", tmp_path / "own.py"
    own.write_text(
        f"def half(smiles: str) -> float:\n    print(smiles, file=open({str(calls)!r}, 'a'))\n    return 0.5\n"
    )
    many = "{scorer: rings, transform: {name: step, low: 2, high: 9}}"
    objective = f"objective={{components: [{{scorer: '{own}:half', transform: {{name: identity}}}}, {many}]}}"
    common = ("adversarial=null", "reinforce=null", "filters=[valid, distinct]", objective)
    folder = run(configure(*common)).folder
    asked = calls.read_text().split()
    full = run(configure(*common, "objective.cheap_first=false", f"out={tmp_path / 'full'}")).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    counts = manifest["scores"]["half"]
    assert counts["not_asked"] > 0 == manifest["scores"]["rings"]["not_asked"]
    assert len(asked) == counts["scored"] and counts["seconds_each"] > 0
    assert manifest["stages"]["library"]["failures"] == {}
    assert len(pandas.read_csv(folder / "reference.csv")) == 10
    tables = [pandas.read_csv(each / "library.csv") for each in (folder, full)]
    pandas.testing.assert_frame_equal(*(table[["smiles", "rank", "score", "rings"]] for table in tables))
    assert tables[0]["half"].isna().any() and not tables[1]["half"].isna().any()
