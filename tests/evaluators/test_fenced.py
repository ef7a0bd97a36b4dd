"""Code between fences, and what stands around it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evaluators.fenced import code_in, words_around

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
    assert code_in(MESSAGE).replace("\n", "") == "def twice(x):    return 2 * x"


def test_the_words_are_what_is_left() -> None:
    assert words_around(MESSAGE) == "Here it is:\n\n\nIt is linear, and ```that``` is all."


def test_a_fence_that_nobody_closed_lasts_to_the_end() -> None:
    assert code_in("```\nx = 1\ny = 2") == "\nx = 1\ny = 2\n"


def test_a_fence_in_a_docstring_is_code() -> None:
    source = 'def f(x):\n    """Double.\n\n    ```\n    f(1)\n    ```\n    """\n    return 2 * x\n'
    assert code_in(source) == source
    assert words_around(source) == ""


@given(st.text(alphabet="`~ \nadef(x):python", max_size=200))
def test_nothing_breaks_and_lines_stay_where_they_were(text: str) -> None:
    code = code_in(text)
    before = text.splitlines()
    assert code == text or all(
        not line or line == before[number] for number, line in enumerate(code.removesuffix("\n").split("\n"))
    )
