import pytest

from molgan.base import cache_folder as cache


def test_the_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MOLGAN_CACHE", raising=False)
    assert cache.folder() == tmp_path / "molgan"
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "mine"))
    assert cache.entry("kind-1", "key", ".npy") == tmp_path / "mine" / "kind-1" / "key.npy"


def test_content_tells_apart():
    keys = {cache.content_hash(texts) for texts in ([], ["CC"], ["C", "C"], ["C", "N"], ["N", "C"], ["\udcff"])}
    assert len(keys) == 6


def test_an_entry_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "entry.txt"
    with cache.store(path) as file:
        file.write(b"old")
    with pytest.raises(OSError, match="disk full"), cache.store(path) as file:
        file.write(b"ha")
        raise OSError("disk full")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]
