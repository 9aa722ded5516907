"""The command line: `foretaste COMMAND`."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Literal

import typer

from workspace.errors import ForetasteError, UsageError

# Each command lives in a module of its own that is imported with it; none of them imports a model on import.
COMMANDS = {
    "demo": "demo",
    "fetch": "fetch",
    "import": "import_data",
    "record": "record",
    "forget": "forget",
    "items": "items",
    "fit": "fit",
    "recommend": "recommend",
    "explain": "explain",
    "chat": "chat",
    "search": "search",
    "interests": "interests",
    "topics": "topics",
    "serve": "serve",
    "keys": "keys",
    "mcp": "mcp",
    "tune": "tune",
    "talk": "talk",
    "adapters": "adapters",
    "evaluate": "evaluate",
    "bench": "bench",
    "doctor": "doctor",
}

# The settings name the same; to import them would slow down `--help`.
Precision = Literal["auto", "nf4", "int8", "bf16", "fp32"]
PRECISION = "FORETASTE_PRECISION"

app = typer.Typer(
    name="foretaste",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A recommender agent: reads what a user did, predicts what they want next, and says why.",
)


@app.callback()
def _options(
    context: typer.Context,
    home: Annotated[str, typer.Option("--home", envvar="FORETASTE_HOME", help="Folder that keeps everything.")] = "",
    precision: Annotated[
        Precision | None,
        typer.Option(
            "--precision",
            envvar=PRECISION,
            help="How the language model's weights are held, instead of the setting; auto: what is fastest here.",
        ),
    ] = None,
) -> None:
    from workspace.home import Home

    if precision:
        os.environ[PRECISION] = precision  # where the settings look
    context.obj = Home.at(home or None)


for _name, _module in COMMANDS.items():
    _command = import_module(f"serving.cli.{_module}").command
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)


def main() -> None:
    """Run one command; exit 0, 1 for a failure that is explained, 2 for wrong usage."""
    try:
        app()
    except UsageError as error:
        _fail(str(error), 2)
    except (ForetasteError, ImportError) as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror}", 1)
    except KeyboardInterrupt:
        _fail("stopped", 130)


def _fail(message: str, code: int) -> None:
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
