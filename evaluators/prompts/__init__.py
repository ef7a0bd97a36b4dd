"""What the judging model is told, as versioned files."""
