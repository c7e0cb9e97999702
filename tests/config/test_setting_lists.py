import pytest

from molgan.base.errors import ConfigError
from molgan.base.field_text import describe_fields
from molgan.config.setting_lists import find_settings, list_settings
from molgan.filters.registry import FILTERS
from molgan.scoring.registry import SCORERS
from molgan.scoring.transforms import TRANSFORMS


def test_every_key_says_what_it_is() -> None:
    kinds = [*(each.Parameters for each in (*SCORERS.values(), *FILTERS.values())), *TRANSFORMS.values()]
    rows = [*list_settings(), *(row for kind in kinds for row in describe_fields(kind, f"{kind.__qualname__}."))]
    assert [row.key for row in rows if not row.description] == []
    assert len(rows) > 400


def test_a_section_is_found_with_the_sections_in_it() -> None:
    keys = [row.key for row in find_settings("reinforce")]
    assert keys[0] == "reinforce"
    assert {"reinforce.batch_size", "reinforce.collapse.window"} <= set(keys)
    assert all(key.startswith("reinforce") for key in keys)
    assert [row.key for row in find_settings("reinforce.batch_size")] == ["reinforce.batch_size"]


@pytest.mark.parametrize(
    ("name", "key"), [("docking", "docking.receptor"), ("size", "size.min"), ("sigmoid", "sigmoid.k"), ("qed", None)]
)
def test_scorers_filters_and_transforms_are_sections_too(name: str, key: str | None) -> None:
    keys = [row.key for row in find_settings(name)]
    assert key in keys if key else keys == []


def test_a_key_that_trainings_have_otherwise_is_listed_for_each() -> None:
    networks = [row.description for row in find_settings("generator") if row.key == "generator"]
    assert networks == [
        "Generator that the campaign starts from",
        "Weights to start from; none by default",
        "Weights that read a molecule, which the training starts from",
    ]
    keys = [row.key for row in find_settings("network")]
    assert {"network.embedding", "network.max_atoms"} <= set(keys)


def test_an_unknown_section_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"no section 'dockin', did you mean 'docking'\?"):
        find_settings("dockin")
