"""Ray listens to this machine alone, secrets stay where they are, and nothing that a user supplies is unpickled."""

import ast
import os
import stat
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from molgan_toy_campaign import drive
from molgan_toy_driver import Driver

import molgan
from molgan.base.errors import ConfigError
from molgan.config import load_config
from molgan.distributed import storage
from molgan.distributed.session import keep_token_private
from molgan.distributed.settings import ComputeSettings

SECRET = "hush-hush-4711"
OWN = {"chunk_actors.py"}  # unpickles what the driver itself has pickled and Ray has carried
UNPICKLES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, and `torch.load` if it calls that without `weights_only`."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(module)):
                yield module.partition(".")[0]
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="load"), keywords=options):
                if "weights_only" not in {option.arg for option in options}:
                    yield "torch.load"


def test_nothing_is_unpickled_save_models_that_the_user_vouches_for() -> None:
    files = sorted(Path(molgan.__file__).parent.rglob("*.py"))
    assert len(files) > 50
    assert {path.name for path in files if (UNPICKLES | {"torch.load"}) & set(imported(path))} <= {
        "pickled.py",
        *OWN,
    }


def test_secrets_of_the_environment_are_in_no_file_and_no_log(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "RAY_AUTH_TOKEN_OF_MINE", "DATABASE_URL"):
        monkeypatch.setenv(name, SECRET)
    for _ in range(2):
        drive(str(home), [f"out={tmp_path}", "adversarial=null", "reinforce=null", "sample.n=20"])
    told = capfd.readouterr()
    assert "library: done already" in told.out
    assert SECRET not in told.out + told.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert "manifest.json" in {path.name for path in files}
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("given", [None, "a token of mine"])
def test_the_token_of_ray_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    token = tmp_path / ".ray" / "auth_token"
    if given:
        token.parent.mkdir()
        token.write_text(given)
        token.chmod(0o644)
    keep_token_private(make=True)
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_text() == given or (given is None and len(token.read_text()) == 64)


def test_credentials_do_not_belong_into_a_url(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text((home / "mini.yaml").read_text() + f"out: s3://me:{SECRET}@bucket/run\n")
    (tmp_path / "train.smi").write_text("CCO\n")
    with pytest.raises(ConfigError, match=r"mine.yaml:\d+: out: .* credentials from the environment") as error:
        load_config(tmp_path / "mine.yaml")
    assert SECRET not in str(error.value)


@pytest.mark.slow
def test_ray_listens_to_this_machine_alone(home: Path, tmp_path: Path) -> None:
    with Driver(home, tmp_path) as driver:
        driver.until(lambda: driver.step() >= 1)
        assert any("RayTrainWorker" in name for _, name in driver.processes())
        folders = [Path(f"/proc/{pid}/fd") for pid, _ in driver.processes()]
        ours = {os.readlink(file) for folder in folders for file in folder.glob("*") if file.is_symlink()}
        addresses = list(listening(ours))
        assert addresses
        assert set(addresses) <= {"127.0.0.1", "::1"}


def listening(files: set[str]) -> Iterator[str]:
    """The addresses of listening TCP sockets that are among the open files."""
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in files:
                yield address(fields[1].partition(":")[0])


def address(digits: str) -> str:
    if len(digits) == 8:
        return ".".join(str(byte) for byte in bytes.fromhex(digits)[::-1])
    words = b"".join(bytes.fromhex(digits[i : i + 8])[::-1] for i in range(0, 32, 8))
    if words[:12] == b"\0" * 10 + b"\xff\xff":
        return ".".join(map(str, words[12:]))
    return "::1" if words == b"\0" * 15 + b"\x01" else words.hex()


@pytest.mark.parametrize(
    ("kind", "machines", "url", "refused"),
    [("ext4", 3, None, True), ("ext4", 1, None, False), ("nfs4", 3, None, False), ("ext4", 3, "s3://bucket/x", False)],
)
def test_several_machines_need_storage_that_outlives_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, machines: int, url: str | None, refused: bool
) -> None:
    import ray

    (tmp_path / "mounts").write_text(f"root / ext4 rw 0 0\ndevice {tmp_path} {kind} rw 0 0\n")
    nodes = [{"Alive": True, "NodeManagerAddress": f"10.0.0.{n}"} for n in range(machines)]
    monkeypatch.setattr(storage, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(storage, "ray_session", lambda *arguments: nullcontext())
    monkeypatch.setattr(ray, "nodes", lambda: [*nodes, {"Alive": False, "NodeManagerAddress": "10.0.0.99"}])
    compute = ComputeSettings(workers=2, address="10.0.0.1:6379")
    if refused:
        with pytest.raises(ConfigError, match=rf"out: .*run is a folder of this machine alone, .* has {machines}"):
            storage.check_storage(compute, tmp_path / "run", url)
    else:
        storage.check_storage(compute, tmp_path / "run", url)
