"""Prints the sizes of the house, worst first: a mirror, not a gate (see CONTRIBUTING)."""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LIMITS = {".py": 500, ".rs": 500, ".ts": 300, ".tsx": 300, ".css": 400}
FUNCTION_LINES, ARGUMENTS, METHODS = 60, 6, 15
GENERATED = ("migrations/versions", "generated", "_pb2", "openapi.d.ts")
LEFT_OVERS = ("TO" + "DO", "FIX" + "ME", "XX" + "X")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rows = list[tuple[int, str]]


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    return [Path(name) for name in names if Path(name).suffix in LIMITS and not any(m in name for m in GENERATED)]


def is_test(path: Path) -> bool:
    return path.parts[0] == "tests" or ".test." in path.name


def functions(path: Path) -> Iterator[tuple[int, int, str]]:
    """Lines, arguments and place of each function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            arguments = [a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")]
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield lines, len(arguments), f"{path}:{node.lineno} {node.name}"


def classes(path: Path) -> Iterator[tuple[int, str]]:
    """Public methods and place of each class."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            public = [part for part in node.body if isinstance(part, Function) and part.name[0] != "_"]
            yield len(public), f"{path}:{node.lineno} {node.name}"


def show(title: str, rows: Rows) -> None:
    sys.stdout.write(f"\n{title}: {len(rows) or 'none'}\n")
    for size, name in sorted(rows, reverse=True)[:10]:
        sys.stdout.write(f"  {size:5} {name}\n")


def show_sizes(files: dict[Path, int]) -> None:
    for suffix in sorted(LIMITS):
        counts = [count for path, count in files.items() if path.suffix == suffix]
        if len(counts) > 1:
            p90 = statistics.quantiles(counts, n=10)[-1]
            median = statistics.median(counts)
            sys.stdout.write(f"{suffix:5} files {len(counts):4}  median {median:5.0f}  p90 {p90:5.0f}\n")
    tests = sum(count for path, count in files.items() if is_test(path))
    sys.stdout.write(f"test : code = {tests / max(1, sum(files.values()) - tests):.2f}\n")


def main() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in tracked()}
    files = {path: text.count("\n") for path, text in texts.items()}
    python = [path for path in files if path.suffix == ".py"]
    measured = [row for path in python for row in functions(path)]
    show_sizes(files)
    sys.stdout.write(f"python functions: median {statistics.median([row[0] for row in measured]):.0f} lines\n")
    show("Files over the size", [(n, str(path)) for path, n in files.items() if n > LIMITS[path.suffix]])
    show(f"Functions over {FUNCTION_LINES} lines", [(n, place) for n, _, place in measured if n > FUNCTION_LINES])
    show(f"Functions with more than {ARGUMENTS} arguments", [(n, place) for _, n, place in measured if n > ARGUMENTS])
    fat = [row for path in python if not is_test(path) for row in classes(path) if row[0] > METHODS]
    show(f"Classes with more than {METHODS} public methods", fat)
    marks = [
        (number, str(path))
        for path, text in texts.items()
        for number, line in enumerate(text.split("\n"), 1)
        if any(mark in line for mark in LEFT_OVERS)
    ]
    show("Left-over markers (line)", marks)


main()
