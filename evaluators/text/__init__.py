"""What a text says: its sentences and quotations, how much of a statement it holds, and what is odd about it."""
