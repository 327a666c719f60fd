"""The file that makes or changes an integration: its shape, checked all at once."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError


class InvalidFile(Exception):
    """The file cannot be used; `fields` says where and why, all at once."""

    def __init__(self, code: str, fields: list[dict[str, str]]) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PydanticCustomError("unknown_zone", "not a time zone") from error
    return name


def _country(name: str) -> str:
    if name.upper() not in SUPPORTED_REGIONS:
        raise PydanticCustomError("unknown_country", "not a country code")
    return name.upper()


def _address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise PydanticCustomError("not_an_address", "not a web address")
    return text.strip().rstrip("/")


Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Address = Annotated[str, AfterValidator(_address)]


Shape = TypeVar("Shape", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Limits(_Part):
    per_second: Annotated[float, Field(gt=0, le=100_000, strict=False)] = 2.0
    burst: Annotated[float, Field(ge=1, le=100_000, strict=False)] = 10.0
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 4


class Behomes(_Part):
    base_url: Address
    api_key: Filled
    limits: Limits = Limits()


class CallGear(_Part):
    data_api_url: Address = "https://dataapi.callgear.com/v2.0"
    call_api_url: Address = "https://callapi.callgear.com/v4.0"
    access_token: Filled | None = None
    media_hosts: list[Filled] = ["media.callgear.com"]


class Webhook(_Part):
    require_secret: bool = False
    sources: list[Filled] = []


class Pair(_Part):
    crm_user_id: Filled
    employee_id: Filled


class Connection(_Part):
    """What `integrations connect` changes; what is absent stays."""

    behomes: Behomes | None = None
    callgear: CallGear | None = None
    webhook: Webhook | None = None


class IntegrationFile(_Part):
    title: Annotated[Filled, StringConstraints(max_length=80)]
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Dubai"
    default_country: Annotated[str, AfterValidator(_country)] = "AE"
    locale: Annotated[str, StringConstraints(pattern="^(ru|en)$")] = "ru"
    behomes: Behomes
    callgear: CallGear | None = None
    webhook: Webhook = Webhook()
    user_mapping: list[Pair] = []
    settings: dict[str, Any] | None = None
    publish: bool = False

    @field_validator("user_mapping")
    @classmethod
    def _one_to_one(cls, pairs: list[Pair]) -> list[Pair]:
        users = {pair.crm_user_id for pair in pairs}
        employees = {pair.employee_id for pair in pairs}
        if len(users) < len(pairs) or len(employees) < len(pairs):
            raise PydanticCustomError("duplicate_pair", "a user or an employee is named twice")
        return pairs


def read_file(document: Any) -> IntegrationFile:
    """Check the file. Raises InvalidFile."""
    return _read(IntegrationFile, document)


def read_connection(document: Any) -> Connection:
    """Check the file of `integrations connect`. Raises InvalidFile."""
    return _read(Connection, document)


def _read(shape: type[Shape], document: Any) -> Shape:
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        fields = [
            {
                "path": ".".join(str(part) for part in each["loc"]),
                "code": each["type"],
                "message": each["msg"],
            }
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidFile("file_invalid", fields) from error
