"""Jupyter notebook → blocks; the place of a block is the number of its cell, and outputs are left out.

Outputs are what a machine said (tables, pictures, tracebacks), not what the author knows.
"""

from __future__ import annotations

import json
import warnings

from knowledge.blocks import Block, HeadingPath
from knowledge.errors import UnreadableError
from knowledge.formats.markdown import read_markdown


def read_notebook(text: str, name: str) -> list[Block]:
    """Return the text and code of a notebook's cells.

    Args:
        text: the notebook's JSON.
        name: how to call it in an error.

    Raises:
        UnreadableError: not JSON, or not a notebook.
    """
    import nbformat

    try:
        json.loads(text)  # nbformat does not say where it stops being JSON
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbformat warns of missing cell ids and repairs them itself
            notebook = nbformat.reads(text, as_version=4)
        cells = [(str(cell["cell_type"]), _source(cell["source"])) for cell in notebook["cells"]]
    except RecursionError:
        raise
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"{name} is not a notebook: line {error.lineno} is not JSON.", "Open it in Jupyter and save it again."
        ) from error
    except Exception as error:  # nbformat's validation raises what its schema library raises
        raise UnreadableError(
            f"{name} is a broken notebook ({type(error).__name__}).", "Open it in Jupyter and save it again."
        ) from error
    return _blocks(cells)


def _source(source: object) -> str:
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _blocks(cells: list[tuple[str, str]]) -> list[Block]:
    headings = HeadingPath()  # a heading stays open over the cells below it
    blocks: list[Block] = []
    for number, (kind, source) in enumerate(cells, start=1):
        if kind == "code":
            if source.strip():
                blocks.append(Block(source.strip("\n").rstrip(), number, headings.path, "code"))
        else:
            blocks += [block._replace(line=number) for block in read_markdown(source, headings)]
    return blocks
