"""A run folder is read alike here and on storage, and what is damaged in it is told from what is missing."""

from pathlib import Path

import pytest

from molgan.base.errors import ConfigError
from molgan.base.run_files import RunFiles


@pytest.fixture(params=["path", "url"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> RunFiles:
    return RunFiles(tmp_path if request.param == "path" else f"file://{tmp_path}/")


def test_what_is_missing_is_empty(files: RunFiles) -> None:
    assert files.text("config.yaml") is None and files.config() is None
    assert files.mapping("manifest.json") == {} and files.metrics() == ([], [])
    assert files.stage("library").begun == {} and files.last_change() is None
    assert not files.has("manifest.json")


def test_what_is_there_is_read(files: RunFiles, tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / "library").mkdir(parents=True)
    (tmp_path / "checkpoints" / "library" / "stage.json").write_text('{"key": "a"}')
    (tmp_path / "checkpoints" / "library" / "done.json").write_text('{"key"')
    (tmp_path / "config.yaml").write_text("name: mini\n")
    (tmp_path / "manifest.json").write_text('{"seed": 1}')
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step": 1}\n\n[1]\n\xff\n{"step": 2}\n{"st')
    assert files.config() == {"name": "mini"} and files.mapping("manifest.json") == {"seed": 1}
    assert files.metrics() == ([{"step": 1}, {"step": 2}], [3, 4, 6])
    assert (files.stage("library").begun, files.stage("library").done) == ({"key": "a"}, {})
    assert files.last_change() is not None


@pytest.mark.parametrize("content", ["", "[1]", "a: [", "\x00"])
def test_what_is_damaged_is_a_value_error(files: RunFiles, tmp_path: Path, content: str) -> None:
    for name in ("config.yaml", "manifest.json"):
        (tmp_path / name).write_text(content)
    with pytest.raises(ValueError):
        files.config()
    with pytest.raises(ValueError):
        files.mapping("manifest.json")


def test_a_url_of_no_known_kind_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        RunFiles("nowhere://run")
