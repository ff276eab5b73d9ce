"""The command line, part of the application's own `flask` command."""

from flask import Flask


def register(app: Flask) -> None:
    return None
