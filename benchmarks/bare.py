"""A bare Typer program with the commands, options and help of ordercli, and nothing behind them."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperArgument

from ordercli.cli.app import app

_HEAD = """\
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
db = typer.Typer()
app.add_typer(db, name="db")


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Show it.")] = False) -> None:
    if version:
        typer.echo("0.1.0")
        raise typer.Exit


"""


def source() -> str:
    """The program, to be written into a file."""
    root: Any = typer.main.get_command(app)
    groups = {"app": root.commands, "db": root.commands["db"].commands}
    functions = [
        _function(group, name, command)
        for group, commands in groups.items()
        for name, command in commands.items()
        if name != "db"
    ]
    return _HEAD + "".join(functions) + 'app(prog_name="bare")\n'


def _function(group: str, name: str, command: Any) -> str:
    parameters = sorted(command.params, key=lambda each: not each.required)
    lines = "".join(f"    {_parameter(each)},\n" for each in parameters)
    return f"@{group}.command({name!r})\ndef {group}_{name}(\n{lines}):\n    {command.help!r}\n\n\n"


def _parameter(parameter: Any) -> str:
    wanted = parameter.type_descriptor.annotation
    kind = str(wanted) if wanted == list[str] else wanted.__name__
    argument = isinstance(parameter, TyperArgument)
    words = [] if argument else [repr(name) for name in parameter.opts]
    words += [f"metavar={parameter.metavar!r}", f"help={parameter.help!r}"]
    declared = f"typer.{'Argument' if argument else 'Option'}({', '.join(words)})"
    if parameter.required:
        return f"{parameter.name}: Annotated[{kind}, {declared}]"
    optional = kind if wanted is bool else f"{kind} | None"
    return f"{parameter.name}: Annotated[{optional}, {declared}] = {parameter.default!r}"
