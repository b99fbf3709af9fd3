"""A script of scripts/ that is written in Python, as a module: for tests that look inside."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType

from boot import ROOT


def load_script(name: str) -> ModuleType:
    module_name = name.replace("-", "_")
    loader = SourceFileLoader(module_name, str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(module_name, loader))
    sys.modules[module_name] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module
