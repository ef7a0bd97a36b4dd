"""Machine learning from scratch in NumPy: one idea a file, from the gradient of a product to a BERT that runs.

Nothing here imports PyTorch, SciPy or scikit-learn; the tests compare with all three.
"""
