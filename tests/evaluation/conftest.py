import pytest

from molgan.base.progress import Silent


class Messages(Silent):
    """A `Progress` that remembers the messages and the tasks."""

    def __init__(self):
        self.texts = []
        self.tasks = []

    def start(self, task, total=None):
        self.tasks.append(task)

    def message(self, text):
        self.texts.append(text)


@pytest.fixture
def messages():
    return Messages()


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MOLGAN_CACHE", str(folder))
    return folder
