"""Configuration files for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def configured(folder: Path, *lines: str) -> dict[str, str]:
    """An environment whose configuration file, in this folder, has these lines."""
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return {"ORDERCLI_CONFIG": str(path)}
