"""What is waited for is told at once, and again."""

from molgan.base.progress import Silent
from molgan.distributed.shortage import Reminder, describe, describe_shortage


class Told(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def test_a_wait_is_told_soon_and_every_minute() -> None:
    now, told = [0.0], Told()
    reminder = Reminder(told, clock=lambda: now[0])
    for second in range(0, 131):
        now[0] = float(second)
        reminder.tick(lambda: "waits")
    assert told.messages == ["waits (for 2 s)", "waits (for 62 s)", "waits (for 122 s)"]
    reminder.reset()
    now[0] = 1000.0
    reminder.tick(lambda: "waits")
    assert len(told.messages) == 3
    now[0] = 1002.0
    reminder.tick(lambda: None)  # over
    now[0] = 1003.0
    reminder.tick(lambda: "waits")
    assert len(told.messages) == 3


def test_every_resource_that_lacks_is_named() -> None:
    bundles = [{"CPU": 1.0, "GPU": 1.0}, {"CPU": 1.0, "GPU": 0.5}]
    assert describe_shortage(bundles, {"CPU": 1}, {"CPU": 8, "GPU": 1}) == (
        "2 processors and 1.5 GPUs, but 1 of 8 processors and 0 of 1 GPU are free"
    )
    assert describe_shortage(bundles, {"CPU": 8, "GPU": 1}, {"CPU": 8, "GPU": 1}) == (
        "2 processors and 1.5 GPUs, but 1 of 1 GPU are free"
    )
    assert "not as 2 parts" in describe_shortage(bundles, {"CPU": 2, "GPU": 2}, {"CPU": 2, "GPU": 2})
    assert describe({"CPU": 1, "GPU": 0}) == "1 processor"
    assert describe({"GPU": 0}) == "0 GPUs"
    gib = 2.0**30
    assert describe_shortage([{"CPU": 1, "memory": 1.5 * gib}], {"CPU": 1, "memory": gib / 3}, {"memory": 4 * gib}) == (
        "1 processor and 1.5 GiB of memory, but 0.33 of 4 GiB of memory are free"
    )
