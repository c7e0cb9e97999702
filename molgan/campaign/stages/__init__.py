"""The stages of campaigns and trainings, one class each."""
