"""Half-width arithmetic: gradients do not depend on what other threads do."""

import threading

import pytest
import torch

from molgan.models import precision


def test_a_gradient_does_not_depend_on_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device="cpu": True)
    torch.manual_seed(0)
    layer, rows = torch.nn.Linear(64, 64), torch.randn(9, 64)

    def differentiate(between: object) -> torch.Tensor:
        with precision.autocast():
            first = layer(rows)
            between()  # type: ignore[operator]
            second = layer(rows.flip(0) * 3)
        (gradient,) = torch.autograd.grad((first.tanh() + second.tanh()).float().sum(), [layer.weight])
        return gradient

    def pass_through() -> None:
        with precision.autocast():
            pass

    def wait_for_another_thread() -> None:
        other = threading.Thread(target=pass_through)
        other.start()
        other.join()

    assert torch.equal(differentiate(lambda: None), differentiate(wait_for_another_thread))


def test_without_gradients_the_copies_of_the_weights_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device="cpu": True)
    with torch.no_grad(), precision.autocast():
        assert torch.is_autocast_cache_enabled()
