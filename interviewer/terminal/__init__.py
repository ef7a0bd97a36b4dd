"""The interview in a terminal: what is shown, how an answer is typed, and the scorecard."""
