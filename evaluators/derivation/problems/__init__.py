"""The derivation problems, one file each; `evaluators.derivation.problem.load_derivations` reads them."""
