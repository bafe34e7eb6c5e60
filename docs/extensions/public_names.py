"""The API reference: one page for each package, made from the docstrings of its public names.

Public is what a package lists in ``__all__``. An object that several packages hand on is described
once, at the shortest of its paths. Types in signatures lead to that place; a name that exists but
is not public stays text; a name that does not exist is a warning.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import pkgutil
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode.parser import Parser
from sphinx.util.nodes import make_refnode
from written import write_pages

import geofleet
from geofleet.schema import TableSchema

FOLDER = "reference/api"
# Modules beside the packages whose names the pages and notebooks use.
MODULES = (
    "geofleet.bundled",
    "geofleet.economics.manufacturing",
    "geofleet.errors",
    "geofleet.exposure.skill",
    "geofleet.outputs.briefs",
    "geofleet.outputs.exports",
    "geofleet.outputs.pages",
    "geofleet.outputs.plan",
    "geofleet.outputs.prices",
    "geofleet.outputs.report",
    "geofleet.policy.packages.programme_changes",
    "geofleet.policy.rules.days",
    "geofleet.policy.study",
    "geofleet.schema",
)
# Packages that serve geofleet itself: how its own settings are read, and its command line.
INSIDE = ("geofleet.cli", "geofleet.config")
ROOT = Path(geofleet.__file__).parent


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before sources are read; resolve types when references are."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / FOLDER, _pages()))
    app.connect("autodoc-process-docstring", _keep_colons, priority=400)
    app.connect("autodoc-process-signature", _plain)
    app.connect("doctree-read", _exactly)
    app.connect("missing-reference", _resolve)
    # Where definitions begin and end is for links to sources, which the site has not; finding that
    # reads every module token by token.
    Parser.parse_definition = lambda _parser: None
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@functools.cache
def public_names() -> dict[str, tuple[str, ...]]:
    """Return the public names of every public module, in the order of ``__all__``."""
    found = ["geofleet"]
    for module in pkgutil.walk_packages([str(ROOT)], "geofleet."):
        private = any(part.startswith("_") for part in module.name.split("."))
        wanted = module.ispkg or module.name in MODULES
        if wanted and not private and not module.name.startswith(INSIDE):
            found.append(module.name)
    names = {name: tuple(getattr(importlib.import_module(name), "__all__", ())) for name in found}
    return {
        name: tuple(item for item in listed if not item.startswith("__"))
        for name, listed in names.items()
        if listed
    }


@functools.cache
def homes() -> dict[int, str]:
    """Return the path at which each public class and function is described, by its identity."""
    paths: dict[int, str] = {}
    for module, name, value in _each():
        path = f"{module}.{name}"
        if _described(value):
            here = paths.get(id(value), path)
            paths[id(value)] = min(here, path, key=lambda text: (text.count("."), text))
    return paths


def _each() -> Iterator[tuple[str, str, Any]]:
    for module, names in public_names().items():
        loaded = importlib.import_module(module)
        yield from ((module, name, getattr(loaded, name)) for name in names)


def _described(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value) or hasattr(value, "py_func")


def _pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    pages: dict[str, list[str]] = {}
    for module, names in public_names().items():
        package = hasattr(importlib.import_module(".".join(module.split(".")[:2])), "__path__")
        domain = ".".join(module.split(".")[:2]) if package else "geofleet"
        lines = pages.setdefault(domain, _title(domain, "="))
        if module != domain:
            lines += _title(module, "-")
        lines += _module(module, names)
    texts = {f"{domain}.rst": "\n".join(lines) for domain, lines in pages.items()}
    first = ["geofleet", *sorted(name for name in pages if name != "geofleet")]
    index = [
        *_title("Python API", "="),
        "Every public class and function, from its docstring. What is not listed here may change",
        "without notice.",
        "",
        ".. toctree::",
        "   :maxdepth: 1",
        "",
        *(f"   {name}" for name in first),
        "",
    ]
    return texts | {"index.rst": "\n".join(index)}


def _title(text: str, line: str) -> list[str]:
    return [text, line * len(text), ""]


def _module(module: str, names: tuple[str, ...]) -> list[str]:
    """Return one module: its docstring, then its names."""
    lines = [f".. automodule:: {module}", "   :no-members:", "", f".. currentmodule:: {module}", ""]
    constants = []
    elsewhere = []
    loaded = importlib.import_module(module)
    for name in names:
        value = getattr(loaded, name)
        if isinstance(value, types.ModuleType):
            continue
        if not _described(value):
            constants += [f".. py:data:: {name}", "", f"   {_constant(value)}", ""]
        elif homes()[id(value)] != f"{module}.{name}":
            elsewhere.append(f":py:obj:`~{homes()[id(value)]}`")
        elif inspect.isclass(value):
            lines += [f".. autoclass:: {name}", "   :members:"]
            lines += [] if value.__bases__ == (object,) else ["   :show-inheritance:"]
            lines.append("")
        else:
            lines += [f".. autofunction:: {name}", ""]
    if elsewhere:
        lines += ["Also here: " + ", ".join(elsewhere) + ".", ""]
    return lines + constants


def _constant(value: object) -> str:
    """Describe a constant in a line."""
    if isinstance(value, TableSchema):
        return f"Schema of a table: {value.title}."
    if isinstance(value, tuple | frozenset | set | list) and len(value) <= 30:
        items = value if isinstance(value, tuple | list) else sorted(value, key=str)
        if all(isinstance(item, str | int) for item in items):
            return ", ".join(f"``{item}``" for item in items) + "."
    if isinstance(value, str | int | float):
        return f"``{value}``"
    return f"A ``{type(value).__name__}``."


@functools.cache
def _written_names() -> dict[str, tuple[str, ...]]:
    """Return full paths of the short names by which modules of the package know other things."""
    paths: dict[str, dict[str, None]] = {}
    for file in sorted(ROOT.rglob("*.py")):
        for node in _outer(ast.parse(file.read_text("utf-8")).body):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    paths.setdefault(alias.asname or alias.name, {})[alias.name] = None
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    known = paths.setdefault(alias.asname or alias.name, {})
                    known[f"{node.module}.{alias.name}"] = None
            elif isinstance(node, ast.ClassDef):
                paths.setdefault(node.name, {})
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                paths.setdefault(node.targets[0].id, {})
    return {name: tuple(known) for name, known in paths.items()}


def _outer(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module that are in no function or class."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _outer(node.body)


def _keep_colons(
    _app: Sphinx, what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Keep napoleon from taking the words before a colon for the type of a property."""
    if what in ("attribute", "data", "property") and lines and ":" in lines[0]:
        lines.insert(0, "\\")


def _plain(
    _app: Sphinx, _what: str, _name: str, _object: object, _options: object,
    signature: str | None, returned: str | None,
) -> tuple[str | None, str | None]:  # fmt: skip
    """Write a signature for readers: arrays without their insides, factories as ``...``."""
    array = r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[~?numpy\.(\w+)\]\]"
    plain = [None if text is None else re.sub(array, r"NDArray[\1]", text)
             for text in (signature, returned)]  # fmt: skip
    if plain[0] is not None:
        plain[0] = re.sub(r"= ?<[^<>]+>", "= ...", plain[0])
    return plain[0], plain[1]


def _exactly(_app: Sphinx, doctree: nodes.document) -> None:
    """Keep Sphinx from taking any class of that name for the type that a signature means."""
    for node in doctree.findall(pending_xref):
        if node.get("refdomain") == "py":
            node.attributes.pop("refspecific", None)


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Lead a name to where it is described; leave it as text if it is known but not public."""
    if node.get("refdomain") != "py":
        return None
    found, value = _find(node["reftarget"], node.get("py:module"))
    if not found:
        return None
    target = homes().get(id(value))
    entry = env.domains.python_domain.objects.get(target) if target else None
    if entry is None:
        return content
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, target)


@functools.cache
def _find(target: str, module: str | None) -> tuple[bool, object]:
    """Return whether a name means something, and what."""
    head, _, rest = target.partition(".")
    if target in np.typing.__all__ or target in vars(np):
        return True, None
    if hasattr(builtins, target):
        return True, getattr(builtins, target)
    # Of several things of one name, that of the same domain is meant.
    domain = ".".join((module or "").split(".")[:2])
    near = sorted(_written_names().get(head, ()), key=lambda path: not path.startswith(domain))
    candidates = [target, f"{module}.{target}"]
    candidates += [".".join(part for part in (path, rest) if part) for path in near]
    for path in candidates:
        try:
            return True, _load(path)
        except (ImportError, AttributeError, ValueError):
            continue
    # What only type checkers import is known by its name alone.
    return head in _written_names(), None


@functools.cache
def _load(path: str) -> object:
    """Return what a dotted path names: a module, or something in one."""
    if path in sys.modules:
        return sys.modules[path]
    parent, _, name = path.rpartition(".")
    if not parent:
        raise ImportError(path)
    found = getattr(_load(parent), name, None)
    return importlib.import_module(path) if found is None else found
