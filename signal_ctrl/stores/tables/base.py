"""The MetaData that the tables of the centre belong to, and that of the parking service's own tables."""

from typing import Final

from sqlalchemy import MetaData

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA: Final = MetaData(naming_convention=_NAMES)
PARKING_METADATA: Final = MetaData(naming_convention=_NAMES)
"""Tables that are in the database of the parking service alone."""
