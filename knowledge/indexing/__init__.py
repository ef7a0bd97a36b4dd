"""The index: files in, passages with vectors and terms stored, one writer at a time; `index.Index` is the way in.

files → intake → passages → filling → vectors, terms, catalogue
"""
