"""Functions that are written once at start, as ``dataclasses`` writes its methods.

Showing a row is the hottest loop of the service: a function written for one view takes 1.1 µs for
16 members, a loop over converters 1.9 (docs/decisions/0024). This is the only module that makes
code; the source is kept, so tracebacks and debuggers show it.
"""

import linecache
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

_numbers = count(1)


def function(
    name: str, parameters: Sequence[str], body: Sequence[str], names: Mapping[str, Any]
) -> Callable[..., Any]:
    """A function of these parameters and lines; ``names`` are what its lines may use besides."""
    lines = "\n".join(f"    {line}" for line in body)
    source = f"def {name}({', '.join(parameters)}):\n{lines}\n"
    file = f"<generated {name} {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope = dict(names)
    # The source is made of declarations, never of what a client sends.
    exec(compile(source, file, "exec"), scope)  # noqa: S102 # nosec B102
    made: Callable[..., Any] = scope[name]
    return made
