"""What code grading rests on: exercises, comparison of results, diagnosis, and what may stand in a source."""
