"""Tokens from files and the environment, and addresses that need one."""

import hashlib
from pathlib import Path

import pytest

from molgan.base.errors import ConfigError
from molgan.serving.bearer_token import VARIABLE, check_open, is_loopback, is_token, read_token

TOKEN = "0123456789abcdef"


def test_a_token_comes_from_a_file_or_else_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert read_token(None) is None
    monkeypatch.setenv(VARIABLE, TOKEN)
    assert read_token(None) == hashlib.sha256(TOKEN.encode()).digest()
    file = tmp_path / "token"
    file.write_text("another-token-of-20\n")
    assert read_token(file) == hashlib.sha256(b"another-token-of-20").digest()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "characters, not 0"), ("short", "not 5"), ("a" * 2000, "not 1"), ("a b" * 9, "spaces"), ("é" * 20, "ASCII")],
)
def test_a_token_that_protects_nothing_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(ConfigError, match=reason) as found:
        read_token(file)
    assert "\n" not in str(found.value) and (not text or text not in str(found.value))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_token(tmp_path / "none")


def test_a_header_is_compared_whole() -> None:
    digest = hashlib.sha256(TOKEN.encode()).digest()
    assert is_token(f"Bearer {TOKEN}".encode(), digest) and is_token(f"bearer {TOKEN}".encode(), digest)
    for wrong in (b"", b"Bearer", TOKEN.encode(), f"Basic {TOKEN}".encode(), b"Bearer 0123456789abcde"):
        assert not is_token(wrong, digest)


def test_only_loopback_is_open() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert is_loopback(host)
        check_open(host, None)
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org", ""):
        with pytest.raises(ConfigError, match="needs a token"):
            check_open(host, None)
        check_open(host, b"digest")
