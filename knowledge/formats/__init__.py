"""One reader a file format; each returns blocks and imports its library only when called."""
