"""The derivation round: formulas that a candidate types, read and compared term by term with the right gradients.

text → `tokens` → `parser` → `expression` → arrays → `grading`. Nothing of the text is executed: a formula becomes a
tree of the few operations that `expression` knows, on small random arrays.
"""
