"""Files on storage are read by a copy, once for each version, and written from one."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry
from typer.testing import CliRunner, Result

from molgan.base import remote_files
from molgan.base.errors import ConfigError, InputError, StorageError
from molgan.base.remote_files import fetch, restore_urls
from molgan.chem.reading import read_smiles
from molgan.cli import app
from molgan.config import load_config
from molgan.config.load import write_config

CAMPAIGN = """\
data: {train: 's3://bucket/data/train.smi'}
objective: {components: [{scorer: qed}]}
sample: {n: 10}
filters: [valid, distinct, novel]
"""


class Bucket(MemoryFileSystem):
    """Storage in memory that answers as S3 does, with ETags."""

    protocol = "s3"
    store: dict[str, Any] = {}  # noqa: RUF012  fsspec's own form
    pseudo_dirs: list[str] = [""]  # noqa: RUF012
    opened: list[str] = []  # noqa: RUF012
    fault: Exception | None = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("s3://", "memory://")))

    def info(self, path: str, **how: Any) -> dict[str, Any]:
        if self.fault is not None:
            raise self.fault
        about = dict(super().info(path, **how))
        if about["type"] == "file":
            about["ETag"] = hashlib.md5(self.store[self._strip_protocol(path)].getvalue()).hexdigest()
        return about

    def open(self, path: str, mode: str = "rb", **how: Any) -> Any:
        self.opened.extend([path] if mode == "rb" else [])
        return super().open(path, mode, **how)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote_files, "_SECONDS_BEFORE_NEXT", 0.0)
    monkeypatch.setitem(_registry, "s3", Bucket)
    Bucket.store.clear()
    Bucket.opened.clear()
    Bucket.fault = None
    yield fsspec.filesystem("s3")
    Bucket.clear_instance_cache()


def molgan(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_version_is_fetched_once(bucket: Bucket) -> None:
    bucket.pipe_file("s3://bucket/a.smi", b"CCO\n")
    first = fetch("s3://bucket/a.smi")
    assert first.read_bytes() == b"CCO\n" and first.name == "a.smi"
    assert fetch("s3://bucket/a.smi") == first and len(bucket.opened) == 1
    bucket.pipe_file("s3://bucket/a.smi", b"CCN\n")
    assert fetch("s3://bucket/a.smi").read_bytes() == b"CCN\n"
    assert first.read_bytes() == b"CCO\n"  # another process may read it
    assert restore_urls({"train": str(first), "n": [1, "x"]}) == {"train": "s3://bucket/a.smi", "n": [1, "x"]}


def test_a_file_that_changes_meanwhile_is_no_copy(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.pipe_file("s3://bucket/a.smi", b"CCO\n")
    download = remote_files._download

    def change(storage: Any, path: str, copy: Path) -> None:
        download(storage, path, copy)
        bucket.pipe_file("s3://bucket/a.smi", b"CCN\n")

    monkeypatch.setattr(remote_files, "_download", change)
    with pytest.raises(StorageError, match="has changed while it was read; run again"):
        fetch("s3://bucket/a.smi")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("s3://bucket/none.smi", "no such file"),
        ("s3://bucket/data", "no such file, or a folder"),
        ("file:///none/a.smi", "file:///none/a.smi: no such file"),
        ("http://host/a.smi", "not a kind of URL for files"),
        ("s3://bucket/a::http://host/b", "not a kind of URL for files"),
        ("s3://key:secret@bucket/a.smi", "remove the credentials"),
    ],
)
def test_what_is_no_file_on_storage_is_bad_input(url: str, reason: str, bucket: Bucket) -> None:
    bucket.pipe_file("s3://bucket/data/a.smi", b"CCO\n")
    with pytest.raises(InputError, match=reason) as caught:
        fetch(url)
    assert "secret" not in str(caught.value)


def test_a_kind_without_its_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def miss(url: str, **options: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", miss)
    with pytest.raises(ConfigError, match="s3://bucket/a: Install s3fs"):
        fetch("s3://bucket/a")


def test_a_url_of_this_machine_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO\n")
    assert fetch(f"file://{tmp_path}/a.smi") == tmp_path / "a.smi"
    assert fetch(Path(f"file://{tmp_path}/a.smi")) == tmp_path / "a.smi"
    assert [record.smiles for record in read_smiles(f"file://{tmp_path}/a.smi")] == ["CCO"]


def test_a_campaign_learns_from_storage(bucket: Bucket, tmp_path: Path) -> None:
    bucket.pipe_file("s3://bucket/data/train.smi", b"CCO\nCCN\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    config = load_config(tmp_path / "campaign.yaml")
    assert config.data.train.read_bytes() == b"CCO\nCCN\n"
    write_config(config, tmp_path / "written.yaml")
    text = (tmp_path / "written.yaml").read_text()
    assert text.count("s3://bucket/data/train.smi") == 2  # the data, and what `novel` compares with
    assert str(tmp_path) not in text
    assert load_config(tmp_path / "written.yaml", ["name=campaign"]) == config
    assert len(bucket.opened) == 1


def test_a_fault_of_the_data_has_its_place_and_one_of_storage_its_exit_code(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    found = molgan("check", tmp_path / "campaign.yaml")
    assert found.exit_code == 2
    assert "campaign.yaml:1: s3://bucket/data/train.smi: no such file" in found.stderr
    Bucket.fault = PermissionError("Access Denied")
    found = molgan("check", tmp_path / "campaign.yaml")
    assert found.exit_code == 4
    assert found.stderr == ("molgan: s3://bucket/data/train.smi: storage fails: Access Denied; run again to continue\n")


def test_score_from_storage_to_storage(bucket: Bucket, tmp_path: Path) -> None:
    bucket.pipe_file("s3://bucket/in.csv", b"smiles,id\nCCO,a\nC1CC,b\n")
    how = ("--scorers", "heavy_atoms", "--processes", 1)
    found = molgan("score", "s3://bucket/in.csv", *how, "-o", "s3://bucket/out/scores.csv")
    assert found.exit_code == 0, found.output
    lines = bucket.cat_file("s3://bucket/out/scores.csv").decode().splitlines()
    assert lines[:2] == ["smiles,id,heavy_atoms,error,line", "CCO,a,3.0,,2"] and lines[2].startswith("C1CC,b,,")
    assert not list((tmp_path / "cache" / "outputs-1").iterdir())
    found = molgan("score", "s3://bucket/none.csv", *how)
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    Bucket.fault = ConnectionError("timed out")
    found = molgan("score", "s3://bucket/in.csv", *how)
    assert found.exit_code == 4
    assert found.stderr == "molgan: s3://bucket/in.csv: storage fails: timed out; run again to continue\n"


def test_filter_from_storage_to_storage(bucket: Bucket, tmp_path: Path) -> None:
    bucket.pipe_file("s3://bucket/data/train.smi", b"CCN\n")
    bucket.pipe_file("s3://bucket/in.smi", b"CCO\nCCN\nCCO\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    how = ("--config", tmp_path / "campaign.yaml", "--processes", 1)
    found = molgan("filter", "s3://bucket/in.smi", *how, "-o", "s3://bucket/out/")
    assert found.exit_code == 0, found.output
    assert found.stdout.endswith("1 molecules in s3://bucket/out/library.csv\n")
    names = {Path(name).name for name in bucket.find("s3://bucket/out")}
    assert {"library.csv", "library.smi", "library.sdf", "library.parquet", "rejected.csv", "funnel.json"} == names
    here = molgan("filter", "s3://bucket/in.smi", *how, "-o", f"file://{tmp_path}/here")
    assert here.exit_code == 0, here.output
    for name in names:
        assert bucket.cat_file(f"s3://bucket/out/{name}") == (tmp_path / "here" / name).read_bytes()


def test_what_cannot_be_uploaded_is_kept(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object, **how: object) -> None:
        raise PermissionError("Access Denied")

    (tmp_path / "in.smi").write_text("CCO\n")
    monkeypatch.setattr(Bucket, "put_file", refuse)
    found = molgan("score", tmp_path / "in.smi", "--scorers", "qed", "--processes", 1, "-o", "s3://bucket/scores.csv")
    assert found.exit_code == 4
    reason, _, kept = found.stderr.splitlines()[-1].partition("; what was to be written is in ")
    assert reason == "molgan: s3://bucket/scores.csv: storage fails: Access Denied"
    assert Path(kept).read_text().startswith("smiles,qed,")


def test_what_is_not_written_to_storage_says_so(tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("CCO\n")
    found = molgan("qsar", "train", tmp_path / "in.smi", "--target", "x", "-o", "s3://bucket/model")
    assert found.exit_code == 2
    assert (
        "s3://bucket/model is a URL; name a folder of this machine, and copy it to storage afterwards" in found.stderr
    )
