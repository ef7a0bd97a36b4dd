"""Runs a candidate's code in a process of its own, and brings back plain values.

The grader holds the inputs, the reference and the verdict; the candidate's process gets arguments and returns values.
How much that process is closed in is its isolation level: `describe_level` says what each level means.
"""

from evaluators.sandbox.job import TORCH_LIMITS, Call, CallResult, Job, Limits, Outcome, Value
from evaluators.sandbox.levels import SAFE_LEVEL, describe_level, probe_level
from evaluators.sandbox.sandbox import Sandbox

__all__ = [
    "SAFE_LEVEL",
    "TORCH_LIMITS",
    "Call",
    "CallResult",
    "Job",
    "Limits",
    "Outcome",
    "Sandbox",
    "Value",
    "describe_level",
    "probe_level",
]
