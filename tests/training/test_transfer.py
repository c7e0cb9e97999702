import pytest
import torch

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.motifs import cut
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.models.motif.forbid_stereo import forbid_stereo
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.design.settings import TransferSettings
from molgan.training.design.transfer import transfer

FAMILY = [f"CC(C)NCC(O)COc1ccc({end})cc1" for end in ("C", "CC", "OC", "F", "Cl", "CCC", "OCC", "C#N", "CO", "N")]
SETTINGS = TransferSettings(epochs=40, patience=3, batch_size=4, learning_rate=1e-2, bf16=False)


@pytest.fixture
def generator() -> MotifGenerator:
    torch.manual_seed(0)
    vocabulary = Vocabulary(("C", "O", "N", "c1ccccc1"))
    return MotifGenerator(vocabulary, MotifNetworkSettings(embedding=16, hidden=32, layers=1), max_atoms=12)


def cost(generator: MotifGenerator, smiles: str) -> float:
    with torch.no_grad():
        return -float(generator.log_likelihood([encode(cut(parse(smiles).mol), generator.vocabulary)], max_atoms=40)[0])


def test_relatives_that_were_not_shown_become_likelier(generator: MotifGenerator) -> None:
    before = cost(generator, "CC(C)NCC(O)COc1ccccc1")
    outcome = transfer(generator, FAMILY, SETTINGS, seed=1)
    assert (outcome.learned, outcome.held_out) == (8, 2)
    assert outcome.after < outcome.before and outcome.epoch > 0
    assert cost(generator, "CC(C)NCC(O)COc1ccccc1") < before


def test_it_keeps_the_weights_of_the_best_epoch_and_stops_soon_after(generator: MotifGenerator) -> None:
    rows: list[float] = []
    settings = SETTINGS.model_copy(update={"learning_rate": 0.1, "epochs": 200})
    outcome = transfer(generator, FAMILY, settings, seed=1, report=lambda row, _: rows.append(row["held_out"]))
    assert len(rows) == outcome.epoch + settings.patience < 200
    assert min([outcome.before, *rows]) == outcome.after


def test_a_generator_without_stereo_learns_from_what_is_left_of_it(generator: MotifGenerator) -> None:
    drawn = [smiles.replace("C(O)C", "[C@H](O)C") for smiles in FAMILY]
    flat = transfer(forbid_stereo(generator), drawn, SETTINGS, seed=1)
    assert flat.learned == 8 and flat.after < flat.before


def test_too_few_actives_are_refused(generator: MotifGenerator) -> None:
    with pytest.raises(InputError, match="2 of 4 actives can be encoded"):
        transfer(generator, ["CCO", "OCC", "CCN", "no molecule"], SETTINGS, seed=0)
