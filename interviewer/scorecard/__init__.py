"""What the candidate takes home: the scorecard, its advice, and its forms."""
