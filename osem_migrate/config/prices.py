"""The price list: the one that comes with this package, or a file of the same form."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from osem_migrate.errors import PricesInvalid
from osem_migrate.planning.prices import Prices, Tariff

OWN = Path(__file__).with_name("prices.json")
"""The list in this package, with its source and its date."""

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)
_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _TariffFile(BaseModel):
    model_config = _STRICT

    read_request_million: _Dollars | None = None
    write_request_million: _Dollars | None = None
    read_capacity_hour: _Dollars | None = None
    write_capacity_hour: _Dollars | None = None


class _PriceFile(BaseModel):
    model_config = _STRICT

    source: Annotated[str, Field(min_length=1)]
    date: Annotated[date, Field(strict=False)]
    regions: Mapping[str, Mapping[Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"], _TariffFile]]


def read_prices(file: Path | None = None) -> Prices:
    """A price list; that of this package when None.

    Raises:
        PricesInvalid: the file cannot be read, or is no price list; says where in it.
    """
    path = OWN if file is None else file
    try:
        found = _PriceFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as refused:
        why = getattr(refused, "strerror", None) or refused
        raise _invalid(path, "", f"cannot be read: {why}") from None
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        # The last part of a wrong key is what pydantic calls it, and no place in the file.
        parts = [str(part).replace("~", "~0").replace("/", "~1") for part in first["loc"] if part != "[key]"]
        raise _invalid(path, "".join(f"/{part}" for part in parts), first["msg"]) from None
    except (ValueError, RecursionError) as refused:  # of a number with thousands of digits, too
        raise _invalid(path, "", f"no JSON: {refused}") from None
    tariffs: dict[str, dict[str, Tariff]] = {
        region: {str(name): Tariff(**tariff.model_dump()) for name, tariff in classes.items()}
        for region, classes in found.regions.items()
    }
    return Prices(source=found.source, date=found.date.isoformat(), regions=tariffs)


def _invalid(path: Path, pointer: str, message: str) -> PricesInvalid:
    place = f"{path}: {pointer}" if pointer else str(path)
    return PricesInvalid(f"{place}: {message}", file=str(path), pointer=pointer or "/")
