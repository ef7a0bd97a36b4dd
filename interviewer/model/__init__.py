"""Language models: the seam to them, what goes over the wire, what fails, and what their words may not say."""
