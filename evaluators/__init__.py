"""How good was it: evaluators that return scores with evidence, the from-scratch core, exercises and the sandbox."""
