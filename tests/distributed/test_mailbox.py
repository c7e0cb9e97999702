"""The actor between driver and workers, without Ray."""

import asyncio

from molgan.distributed.mailbox import Asked, Mailbox, Reported


def test_questions_are_answered_and_reports_come_in_order() -> None:
    async def talk() -> None:
        mailbox = Mailbox({"state.json": b"old"})
        assert await mailbox.take(0.01) == []
        assert await mailbox.checkpoint() == {"state.json": b"old"}
        await mailbox.post(Reported({"step": 1}, None, {}))
        assert await mailbox.checkpoint() == {"state.json": b"old"}
        first, second = (asyncio.create_task(mailbox.ask("reward", [text])) for text in "ab")
        await asyncio.sleep(0)
        await mailbox.post(Reported({"step": 2}, {"step": 2}, {"state.json": b"new"}))
        report, one, two, last = await mailbox.take(1)
        assert (report.metrics, last.metrics) == ({"step": 1}, {"step": 2})
        assert one == Asked(0, "reward", (["a"],)) and two == Asked(1, "reward", (["b"],))
        await mailbox.answer(1, [0.5])
        await mailbox.answer(0, [0.25])
        assert (await first, await second) == ([0.25], [0.5])
        assert await mailbox.checkpoint() == {"state.json": b"new"}
        waiting = asyncio.create_task(mailbox.take(5))
        await asyncio.sleep(0)
        await mailbox.post("late")
        assert await waiting == ["late"]

    asyncio.run(talk())
