"""The paths under `/v1`, one module a noun."""
