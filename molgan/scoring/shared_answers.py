"""Answers of a program or server: the values in them, and their use by several components that read the same call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakSet

Place = tuple[str, str | int]
"""Where a component reads its values in an answer: the keys of the list, and the field of each molecule."""

_CAPACITY = 100_000


class CallError(Exception):
    """A failed call; the message is the reason. `retry`: whether the same call may succeed later. `final`: whether
    every other call will fail too."""

    def __init__(self, reason: str, *, retry: bool = True, final: bool = False) -> None:
        super().__init__(reason)
        self.retry = retry and not final
        self.final = final


class Missing(str):
    """The reason why an answer has no value for a molecule."""


@dataclass(slots=True)
class Answer:
    """What a call has answered to `count` molecules, the one at `row`, and the places that have been read."""

    content: Any
    row: int
    count: int
    read: set[Place] = field(default_factory=set)


class SharedAnswers:
    """The answers of calls that differ in nothing but the molecules, for components that read them at other places.

    Each place of an answer is read once: who asks again makes a new call. `lock` is held by a component from its first
    call to its last, so that one that comes meanwhile finds the answers. Nothing is kept while there is one place.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._guard = Lock()
        self._answers: dict[str, Answer] = {}
        self._readers: WeakSet[Any] = WeakSet()  # scorers, each with its `place`

    def join(self, reader: Any) -> None:
        """Note a scorer that reads these answers at its `place`, for as long as it lives."""
        with self._guard:
            self._readers.add(reader)

    def is_shared(self) -> bool:
        """Whether components read at several places."""
        with self._guard:
            return len(self._places()) > 1

    def find(self, place: Place, smiles: Sequence[str]) -> dict[str, Answer]:
        """The answers for those of `smiles` that have one that is not read at `place` yet."""
        with self._guard:
            found = ((text, self._answers.get(text)) for text in smiles)
            return {text: answer for text, answer in found if answer is not None and place not in answer.read}

    def mark(self, place: Place, smiles: Sequence[str]) -> None:
        """Note that the answers for `smiles` are read at `place`, and forget those that are read everywhere."""
        with self._guard:
            places = self._places()
            for text in smiles:
                if (answer := self._answers.get(text)) is not None:
                    answer.read.add(place)
                    if answer.read >= places:
                        del self._answers[text]

    def keep(self, content: Any, smiles: Sequence[str]) -> None:
        """Keep the answer of a call with `smiles`, if there is more than one place to read."""
        if not self.is_shared():
            return
        with self._guard:
            for row, text in enumerate(smiles):
                self._answers.pop(text, None)
                while len(self._answers) >= _CAPACITY:
                    del self._answers[next(iter(self._answers))]
                self._answers[text] = Answer(content, row, len(smiles))

    def clear(self) -> None:
        """Forget all answers."""
        with self._guard:
            self._answers.clear()

    def _places(self) -> set[Place]:
        return {reader.place for reader in self._readers}


_shared: dict[str, SharedAnswers] = {}


def find_shared(key: str) -> SharedAnswers:
    """The answers of calls with this key in this process."""
    return _shared.setdefault(key, SharedAnswers())


def clear_answers() -> None:
    """Forget all answers."""
    for answers in _shared.values():
        answers.clear()


def read_values(content: Any, place: Place, count: int) -> list[Any]:
    """The `count` values in an answer, in order; `Missing` where a molecule lacks the field. Raises CallError when the
    answer has no such list."""
    answer, name = place
    for key in answer.split(".") if answer else ():
        if not isinstance(content, dict) or key not in content:
            raise CallError(f"no {answer!r} in the answer", retry=False, final=True)
        content = content[key]
    if isinstance(content, dict):
        # REINVENT4's external process answers {"version": 1, "payload": {name: values}}.
        content = content if answer else content.get("payload", content)
        if isinstance(content, dict) and isinstance(content.get(str(name)), list):
            return _check_list(content[str(name)], count)
        content = _find_only_list(content, "" if answer else str(name)) if isinstance(content, dict) else content
    values = _check_list(content, count)
    return values if name == "" else [_read_field(value, name) for value in values]


def _find_only_list(content: dict[str, Any], name: str) -> Any:
    """The only list in an object; the object itself when it is not the only one."""
    lists = [value for value in content.values() if isinstance(value, list)]
    if len(lists) > 1 and name:
        raise CallError(f"no {name!r} in the answer, which has {', '.join(content):.100}", retry=False, final=True)
    return lists[0] if len(lists) == 1 else content


def _check_list(content: Any, count: int) -> list[Any]:
    if not isinstance(content, list):
        raise CallError(f"the answer holds no list of values but {content!r:.60}", retry=False)
    if len(content) != count:
        raise CallError(f"{len(content)} values for {count} molecules", retry=False)
    return content


def _read_field(value: Any, name: str | int) -> Any:
    """The field of what an answer says of one molecule."""
    if isinstance(value, dict) and str(name) in value:
        return value[str(name)]
    if isinstance(value, list) and str(name).isdecimal() and int(name) < len(value):
        return value[int(name)]
    if value is None:
        return None
    has = f", which has {', '.join(value):.100}" if isinstance(value, dict) and value else ""
    return Missing(f"no {name!r} in the answer{has}")
