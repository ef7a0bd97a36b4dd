"""Who speaks: the offline voice by rules and templates, and the language model's."""
