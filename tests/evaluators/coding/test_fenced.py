"""Code between fences, and what stands around it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evaluators.coding.fenced import code_in, words_around

MESSAGE = """Here it is:

```python
def twice(x):
    return 2 * x
```

It is linear, and ```that``` is all.

```text
4
```
"""


def test_the_code_keeps_its_line_numbers() -> None:
    assert code_in(MESSAGE).splitlines()[3:5] == ["def twice(x):", "    return 2 * x"]
    assert code_in(MESSAGE).split() == ["def", "twice(x):", "return", "2", "*", "x"]


def test_the_words_are_what_is_left() -> None:
    said = words_around(MESSAGE)
    assert said.split() == ["Here", "it", "is:", "It", "is", "linear,", "and", "```that```", "is", "all."]
    assert said.index("It is linear") == MESSAGE.index("It is linear")


def test_a_fence_that_nobody_closed_lasts_to_the_end() -> None:
    assert code_in("```\nx = 1\ny = 2") == "   \nx = 1\ny = 2"


def test_a_fence_in_a_docstring_is_code() -> None:
    source = 'def f(x):\n    """Double.\n\n    ```\n    f(1)\n    ```\n    """\n    return 2 * x\n'
    assert code_in(source) == source
    assert words_around(source) == ""


@given(st.text(alphabet="`~ \nadef(x):python", max_size=200))
def test_nothing_breaks_and_everything_stays_where_it_was(text: str) -> None:
    for part in (code_in(text), words_around(text)):
        assert not part or len(part) == len(text)
        assert all(one in {other, " "} for one, other in zip(part, text, strict=False))
