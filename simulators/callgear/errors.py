"""The errors of the JSON-RPC API: code, mnemonic and text as documented (reference 1.7, 3.1)."""

from __future__ import annotations

from typing import Any

CODES: dict[str, tuple[int, str]] = {
    "parse_error": (-32700, "Invalid JSON was received"),
    "invalid_request": (-32600, "The JSON sent is not a valid request object"),
    "method_not_found": (-32601, "Method not found"),
    "batch_operations_not_supported": (-32099, "Batch operations are not supported"),
    "notifications_not_supported": (-32099, "Notifications are not supported"),
    "required_parameter_missed": (-32602, "Required parameter is not specified"),
    "data_type_error": (-32602, "Data supplied is of wrong type"),
    "invalid_parameter_value": (-32602, "The parameter has a wrong value"),
    "unexpected_parameters": (-32602, "Unexpected parameters were sent"),
    "invalid_parameters_combination": (-32602, "These parameters cannot be combined"),
    "error": (-32602, "The request cannot be processed"),
    "sort_prohibited": (-32602, "Sorting by this field is prohibited"),
    "filter_prohibited": (-32602, "Filtering by this field is prohibited"),
    "date_interval_limit_reached": (-32602, "The date interval is longer than allowed"),
    "entity_not_found": (-32602, "The entity is not found"),
    "duplicate_entity": (-32602, "The entity already exists"),
    "already_in_use": (-32602, "The value is used by another entity"),
    "dependency_error": (-32602, "The entity is used elsewhere"),
    "data_limit_exceeded": (-32602, "The limit of data is exceeded"),
    "tariff_restrictions": (-32602, "The tariff does not allow it"),
    "invalid_date_time": (-32602, "The date and time are wrong"),
    "campaign_is_inactive": (-32602, "The campaign is inactive"),
    "call_session_not_found": (-32602, "The call session is not found"),
    "tts_text_exceeded": (-32602, "The text to speak is too long"),
    "media_file_not_found": (-32602, "The media file is not found"),
    "employee_not_found": (-32602, "The employee is not found"),
    "no_active_phone_number": (-32602, "The employee has no active phone number"),
    "own_virtual_phone_number_not_allowed": (-32602, "Own virtual number cannot be called"),
    "character_encoding_not_allowed": (-32602, "The encoding of the text is not allowed"),
    "virtual_phone_number_not_found": (-32007, "The virtual number is not found"),
    "contact_in_blacklist": (-32002, "The contact is in the black list"),
    "access_token_invalid": (-32001, "The access token is invalid"),
    "access_token_expired": (-32001, "The access token has expired"),
    "access_token_blocked": (-32001, "The access token is blocked"),
    "auth_error": (-32001, "The login or the password is wrong"),
    "ip_not_whitelisted": (-32003, "Access from this IP address is not allowed"),
    "forbidden": (-32003, "Permission denied"),
    "invalid_state": (-32004, "The method cannot be called in this state"),
    "method_component_disabled": (-32008, "The component of the method is disabled"),
    "parameter_component_disabled": (-32008, "The component of the parameter is disabled"),
    "component_disabled": (-32008, "The component is disabled"),
    "account_inactive": (-32009, "The account is inactive"),
    "limit_exceeded": (-32029, "The limit of requests is exceeded"),
    "internal_error": (-32603, "Internal error"),
}
WITHOUT_LIMITS = {-32700, -32600, -32601, -32001, -32099}


class RpcError(Exception):
    """A refusal; `limits` are added by the dispatcher where the reference shows them."""

    def __init__(
        self,
        mnemonic: str,
        *,
        field: str | None = None,
        value: Any = None,
        params: dict[str, Any] | None = None,
        message: str | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(mnemonic)
        self.mnemonic = mnemonic
        self.field = field
        self.value = value
        self.params = params
        usual, text = CODES.get(mnemonic, (-32602, mnemonic))
        self.code = usual if code is None else code
        self.message = message or text

    @property
    def has_limits(self) -> bool:
        return self.code not in WITHOUT_LIMITS and self.mnemonic != "ip_not_whitelisted"

    def describe(self, metadata: dict[str, Any] | None) -> dict[str, Any]:
        """The `error` member of the answer."""
        data: dict[str, Any] = {"mnemonic": self.mnemonic}
        if self.field is not None:
            data["field"] = self.field
        if self.value is not None:
            data["value"] = self.value
        data["params"] = self.params or {"object": None}
        data["extended_helper"] = None
        if metadata is not None and self.has_limits:
            data["metadata"] = metadata
        return {"code": self.code, "message": self.message, "data": data}
