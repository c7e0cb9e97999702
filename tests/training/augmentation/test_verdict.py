"""The verdict in one line."""

import pytest

from molgan.training.augmentation.comparison import Compared
from molgan.training.augmentation.split_file import SplitResult
from molgan.training.augmentation.verdict import describe_verdict, does_help, format_number, format_table


def compare(figure="PR-AUC", made=10, **means):
    """Ten held-out parts, whose differences vary by ±.01."""
    ways = {"plain": "as it is", "smote": "SMOTE"}
    splits = []
    for i in range(10):
        figures = {
            ways.get(name, name): {figure: mean if name == "plain" else mean + (0.01 if i % 2 else -0.01)}
            for name, mean in means.items()
        }
        splits.append(SplitResult(i, 0, 80, 20, 10, made, {"too far": 3}, figures, {"weights": "no scales"}))
    return Compared("classification" if figure == "PR-AUC" else "regression", 5, splits)


@pytest.mark.parametrize(
    ("compared", "verdict"),
    [
        (compare(plain=0.41, synthetic=0.47), "helps: PR-AUC .410 → .470 (95% CI +.046 to +.074)"),
        (compare(plain=0.41, synthetic=0.415), "do not use it: no gain: PR-AUC .410 → .415 (95% CI -.009 to +.019)"),
        (compare(plain=0.41, synthetic=0.30), "do not use it: it harms: PR-AUC .410 → .300 (95% CI -.124 to -.096)"),
        (compare("RMSE", plain=1.2, synthetic=1.1), "helps: RMSE 1.200 → 1.100 (95% CI -.114 to -.086)"),
        (
            compare("RMSE", plain=1.1, synthetic=1.2),
            "do not use it: it harms: RMSE 1.100 → 1.200 (95% CI +.086 to +.114)",
        ),
        (
            compare(plain=0.41, synthetic=0.47, smote=0.48, oversampling=0.46),
            "helps: PR-AUC .410 → .470 (95% CI +.046 to +.074); so does SMOTE: .410 → .480",
        ),
        (compare(plain=0.41, synthetic=0.47, smote=0.42), "helps: PR-AUC .410 → .470 (95% CI +.046 to +.074)"),
        (
            compare(plain=0.41, synthetic=0.41, made=0),
            "do not use it: no synthetic molecule got a label (30 too far)",
        ),
    ],
)  # fmt: skip
def test_the_verdict_is_one_line(compared, verdict):
    assert describe_verdict(compared) == verdict
    assert does_help(compared) == verdict.startswith("helps")


def test_the_table_has_a_row_for_each_way_and_a_reason_for_what_was_not_trained():
    lines = format_table(compare(plain=0.41, synthetic=0.47)).splitlines()
    assert lines[0] == "| | PR-AUC | PR-AUC: difference (95% CI) |"
    assert lines[2:4] == ["| as it is | .410 |  |", "| synthetic | .470 | +.060 (+.046 to +.074) |"]
    assert lines[5] == "| weights | | no scales |" and lines[4] == "| oversampling | | not trained |"


def test_numbers_have_no_zero_before_the_point_and_no_minus_zero():
    assert [format_number(each) for each in (0.5, -0.25, 12.0, -0.0001, float("nan"))] == [
        ".500", "-.250", "12.000", ".000", "-",
    ]  # fmt: skip
    assert [format_number(each, signed=True) for each in (0.5, -0.5, 0.0)] == ["+.500", "-.500", "+.000"]
