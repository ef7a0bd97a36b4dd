"""What can be said of a file without running it: syntax, the function's name and arity, borrowed answers."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from evaluators.coding.exercise import Exercise

BANNED_PACKAGES = frozenset({"sklearn", "scipy", "torchvision", "transformers", "sentence_transformers", "xgboost"})

LARGEST = 200_000
"""Characters. No answer to an exercise is near this."""


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What is wrong with the file, if anything, and whether it asks for PyTorch."""

    problem: str = ""
    borrowed: str = ""
    torch: bool = False


def check_source(exercise: Exercise, source: str) -> SourceCheck:
    """Parses the file; nothing of it runs."""
    if len(source) > LARGEST:
        return SourceCheck(f"the file has {len(source):,} characters; an answer has at most {LARGEST:,}")
    if not source.strip():
        return SourceCheck(f"the file is empty; start from `{exercise.signature}`")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes
        return SourceCheck(_syntax_message(error, source))
    except (RecursionError, MemoryError):
        return SourceCheck("the file is nested too deeply to be parsed")
    modules, names = _imports(tree)
    problem = _function_problem(exercise, tree)
    return SourceCheck(problem, _borrowed(exercise, tree, modules, names), torch="torch" in modules)


def _syntax_message(error: SyntaxError | ValueError, source: str) -> str:
    if not isinstance(error, SyntaxError) or error.lineno is None:
        return f"the file is not Python: {error}"
    lines = source.splitlines()
    line = lines[error.lineno - 1].strip() if 0 < error.lineno <= len(lines) else ""
    return f"line {error.lineno} is not valid Python ({error.msg}): {line}"


def _function_problem(exercise: Exercise, tree: ast.Module) -> str:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    function = functions.get(exercise.slug)
    if function is None:
        if exercise.slug in _assigned(tree):
            return ""  # a lambda, a partial, a decorated callable: its arity shows when it is called
        found = f"; the file defines {', '.join(functions)}" if functions else ""
        return f"no function named {exercise.slug} at the top level{found}. It should start with `{exercise.signature}`"
    if isinstance(function, ast.AsyncFunctionDef):
        return f"{exercise.slug} is `async def`; a plain function is called here"
    return _arity_problem(exercise, function)


def _arity_problem(exercise: Exercise, function: ast.FunctionDef) -> str:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    needed = len(positional) - len(arguments.defaults)
    given = len(exercise.parameters)
    required = [
        one.arg for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    if required:
        return (
            f"{exercise.slug} needs {', '.join(required)} by keyword; it is called by position: `{exercise.signature}`"
        )
    if needed > given or (len(positional) < given and arguments.vararg is None):
        names = ", ".join(one.arg for one in positional)
        return f"{exercise.slug}({names}) takes {len(positional)} arguments; {given} are passed: `{exercise.signature}`"
    return ""


def _assigned(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return names


def _imports(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The packages that are imported, and the names under which anything imported is used."""
    modules: set[str] = set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name.partition(".")[0] for alias in node.names)
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.partition(".")[0])
            names.update(alias.asname or alias.name for alias in node.names)
    return modules, names


def _borrowed(exercise: Exercise, tree: ast.Module, modules: set[str], names: set[str]) -> str:
    """What holds the answer and is not the candidate's: a package, an imported function, a tensor's method."""
    packages = sorted(modules & BANNED_PACKAGES)
    if packages:
        return (
            f"imports {packages[0]}; the exercise is to write the algorithm yourself, on NumPy or plain PyTorch tensors"
        )
    for node in ast.walk(tree):
        name = ""
        if isinstance(node, ast.Attribute) and ("torch" in modules or _root(node) in names):
            name = node.attr
        elif isinstance(node, ast.ImportFrom):
            name = next((alias.name for alias in node.names if alias.name in exercise.banned), "")
        if name in exercise.banned:
            line = getattr(node, "lineno", 0)
            return f"line {line} uses {name}, which is what the exercise asks you to write"
    return ""


def _root(node: ast.expr) -> str:
    """The name at the start of a chain such as `np.linalg.lstsq` or `np.random.default_rng().choice`."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""
