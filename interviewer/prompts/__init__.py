"""What the speaking model is told, as versioned files."""
