"""A story told: its clauses, which part each tells, who acts, what is measured, and what the rubric gives for it."""
