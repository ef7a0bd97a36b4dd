"""The conversation: events, state by replay, the policy, the voices, the report, and the terminal."""
