"""The templates: every word that Foretaste says, to a model or to a person."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.environment import TemplateModule

from history.domain import Domain
from prompts.segment import clean
from workspace.settings import Rendering


class Phrases:
    """The macros of `prompts/templates/`, for one domain and one rendering of items."""

    def __init__(self, domain: Domain, rendering: Rendering) -> None:
        # Whatever a template prints is one clean line, so that no value can break out of its own.
        self._environment = Environment(loader=PackageLoader("prompts"), undefined=StrictUndefined, finalize=_finalize)
        self._environment.globals.update(domain=domain, rendering=rendering)
        self._modules: dict[str, TemplateModule] = {}

    def say(self, template: str, macro: str, **values: Any) -> str:
        """The text of one macro of one template.

        Raises:
            jinja2.UndefinedError: the macro asks for a variable that it was not given; the message names it.
        """
        return str(getattr(self._module(template), macro)(**values))

    def examples(self, template: str) -> list[dict[str, Any]]:
        """The worked examples of a template: the facts of each, and the `answer`."""
        return list(self._module(template).examples)

    def _module(self, template: str) -> Any:
        if template not in self._modules:
            self._modules[template] = self._environment.get_template(f"{template}.jinja").make_module()
        return self._modules[template]


def _finalize(value: object) -> object:
    return clean(value) if isinstance(value, str) else value
