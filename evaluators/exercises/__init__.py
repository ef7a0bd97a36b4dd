"""The exercises, one file each; `evaluators.exercise.load_exercises` reads them."""
