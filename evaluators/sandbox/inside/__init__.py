"""The candidate's side of the border. It is run by a bare interpreter as a package of its own, named `inside`.

Nothing here imports the rest of this project, so nothing of it (references, wrong versions, questions) is ever in the
memory of a process that runs a candidate's code.
"""
