"""A text file that a user names."""

from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError


def text_of_file(path: Path) -> str:
    """Return the text of a file. Raises: InvalidInputError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is no text in UTF-8") from error
