"""Runs a candidate's code in a process of its own, and brings back plain values."""

from evaluators.sandbox.job import TORCH_LIMITS, Call, CallResult, Job, Limits, Outcome, Value

__all__ = ["TORCH_LIMITS", "Call", "CallResult", "Job", "Limits", "Outcome", "Value"]
