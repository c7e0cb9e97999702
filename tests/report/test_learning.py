"""Training in the report: what a stage says of the candidates that it refused."""

from molgan.report.learning import training_stages


def test_a_stage_tells_what_was_refused_before_scoring() -> None:
    rows = [
        {"stage": "optimize", "step": 10, "score": 0.1, "refused": 3, "refusals": "suspicious 3"},
        {"stage": "optimize", "step": 20, "score": 0.2, "refused": 1212, "refusals": "strained 1,200, suspicious 12"},
        {"stage": "reinforce", "step": 1, "score": 0.3},
    ]
    first, second = training_stages(rows, {"optimize": "Goal-directed design"})
    assert first.refused == "1,212: strained 1,200, suspicious 12"
    assert [chart.title for chart in first.charts] == ["Mean score", "Candidates refused before scoring"]
    assert second.refused == ""
