"""The exercises, one file each; `evaluators.coding.exercise.load_exercises` reads them.

A file holds, in this order: the task as the candidate reads it, the reference with its bug flags, the cases, and
`EXERCISE`, which brings them together with the wrong versions, conventions, invariants, hints and follow-up questions.

- The reference is one function. A flag of `bugs` changes one line of it, so that two bugs at once come for free.
- Cases are designed, with fresh numbers in them: each wrong version has to differ from the reference and from every
  other in at least one case, whatever is drawn. Ties, empty bins, tiny variances and unequal scales do not come by
  chance.
- Random choices of an algorithm are arguments, so that there is one right answer.
- What people do in two ways is a convention, not a bug: fix it in the task, or accept both.
- An explanation says what is seen, why it happens, and what to check. A probe asks without giving the fix away.

The tests collect a new file by themselves; it needs one independent implementation in `tests/evaluators/exercises`.
"""
