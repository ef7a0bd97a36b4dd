"""What to ask and what is true: packs, rubrics, scenarios, prep notes, and retrieval over them."""
