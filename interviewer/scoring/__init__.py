"""From what was said to scores: judging during an interview and after it, on trial, and against people."""
