"""The fields of every selection, with their documented marks.

One field a word: `name:type:marks`; marks: D in the default set, F filterable, S sortable.
Types: n number, s string, b boolean, t time, e enum, a array, o object.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "n": "number",
    "s": "string",
    "b": "boolean",
    "t": "iso8601",
    "e": "enum",
    "a": "array",
    "o": "object",
}


@dataclass(frozen=True)
class Field:
    """One field of a selection."""

    name: str
    kind: str
    in_default: bool
    can_filter: bool
    can_sort: bool


def _table(text: str, *, all_default: bool = False) -> dict[str, Field]:
    table = {}
    for word in text.split():
        name, kind, *rest = word.split(":")
        marks = rest[0] if rest else ""
        default = "D" in marks or (all_default and "-" not in marks)
        table[name] = Field(name, KINDS[kind], default, "F" in marks, "S" in marks)
    return table


ACCOUNT = _table("app_id:n name:s timezone:s", all_default=True)

EMPLOYEES = _table(
    """id:n:F login:s:FS first_name:s:FS last_name:s:FS patronymic:s:S full_name:s:FS email:s:F
    status:e:F status_id:n:F calls_available:b:FS allowed_in_call_types:a:F
    allowed_out_call_types:a:F in_external_allowed_call_directions:a:F
    in_internal_allowed_call_directions:a:F out_external_allowed_call_directions:a:F
    out_internal_allowed_call_directions:a:F call_recording:e:F schedule_id:n:F schedule_name:s
    coach:o:F groups:a:F phone_numbers:a:F extension:o:F operator:o""",
    all_default=True,
)

NUMBERS = _table(
    """id:n:F virtual_phone_number:s:F redirection_phone_number:s:F activation_date:t:F
    status:e:FS category:e type:e name:s:FS comment:s:FS child_customer_id:n campaigns:a
    scenarios:a""",
    all_default=True,
)

STATUSES = _table(
    """id:n name:s mnemonic:e description:s color:s is_deleted:b
    in_external_allowed_call_directions:a in_internal_allowed_call_directions:a
    out_external_allowed_call_directions:a out_internal_allowed_call_directions:a
    allowed_phone_protocols:a is_select_allowed:b is_worktime:b is_auto_out_calls_ready:b""",
    all_default=True,
)

SCENARIOS = _table(
    "id:n:FS name:s:FS virtual_phone_numbers:a sites:a campaigns:a operations:a:-",
    all_default=True,
)

CONTACTS = _table(
    """id:n:F first_name:s:FS last_name:s:FS patronymic:s full_name:s:FS emails:a:F
    phone_numbers:a:F personal_manager_id:n:F personal_manager_full_name:s:F organization_id:n:F
    organization_name:s:F groups:a:F""",
    all_default=True,
)

TAGS = _table("id:n:F name:s:FS is_system:b:FS", all_default=True)

CAMPAIGNS = _table(
    """id:n:F name:s:FS description:s status:e:F creation_time:t type:e engine:e costs:n
    cost_ratio:n cost_ratio_operator:s site_id:n:FS site_domain_name:s:F site_blocks:a
    static_utm_source:s:- static_utm_medium:s:- static_utm_campaign:s:- static_utm_term:s:-
    static_utm_content:s:- static_utm_referrer:s:- static_utm_expid:s:- dynamic_call_tracking:o
    campaign_conditions:o""",
    all_default=True,
)

CALLS = _table(
    """id:n:DF communication_id:n:DF communication_type:e:D communication_number:n:FS
    start_time:t:DS
    finish_time:t:D direction:e:DFS source:e:DFS finish_reason:e:DFS is_lost:b:DFS
    contact_phone_number:s:DF virtual_phone_number:s:DFS operator_phone_number:s:F
    wait_duration:n:DF total_wait_duration:n:DF talk_duration:n:DF clean_talk_duration:n:DF
    total_duration:n:DF postprocess_duration:n:F lost_call_processing_duration:n:FS
    call_records:a:D wav_call_records:a:D full_record_file_link:s:D voice_mail_records:a
    employees:a:F first_answered_employee_id:n:F first_answered_employee_full_name:s:F
    last_answered_employee_id:n:F last_answered_employee_full_name:s:F
    last_answered_employee_rating:n:F first_talked_employee_id:n:F
    first_talked_employee_full_name:s:F last_talked_employee_id:n:F
    last_talked_employee_full_name:s:F scenario_id:n:FS scenario_name:s:F scenario_operations:a
    is_transfer:b:FS tags:a:F contact_id:n:F contact_full_name:s:F call_api_request_id:n:F
    call_api_external_id:s:F ext_id:s:FS cpn_region_id:n:DFS cpn_region_name:s:DFS
    cpn_country_id:n:DFS cpn_country_name:s:DFS site_id:n:FS site_domain_name:s:F campaign_id:n:FS
    campaign_name:s:F visit_other_campaign:b auto_call_campaign_name:s:FS source_id:n:FS
    source_name:s:FS source_new:s:FS channel_new:s:FS channel_code:s:FS channel:e:F
    utm_source:s:F utm_medium:s:F utm_campaign:s:F utm_term:s:F utm_content:s:F eq_utm_source:s:F
    eq_utm_medium:s:F eq_utm_campaign:s:F eq_utm_term:s:F eq_utm_content:s:F eq_utm_referrer:s:F
    eq_utm_expid:s:F openstat_ad:s:F openstat_campaign:s:F openstat_service:s:F
    openstat_source:s:F search_query:s:F search_engine:s:F referrer_domain:s:F referrer:s:F
    entrance_page:s:F communication_page_url:s gclid:s:F yclid:s:F ef_id:s:F ymclid:s
    ua_client_id:s ym_client_id:s visitor_id:n:FS person_id:n:F visitor_session_id:n:F
    visitor_type:e:FS visits_count:n:F visitor_first_campaign_id:n:F
    visitor_first_campaign_name:s:F visitor_city:s:F visitor_region:s:F visitor_country:s:F
    visitor_device:e:FS visitor_custom_properties:a:F segments:a:F attributes:a:F sale_date:t:FS
    sale_cost:n:FS properties:o"""
)

LEGS = _table(
    """id:n:DF call_session_id:n:DFS call_records:a:D wav_call_records:a start_time:t:DS
    connect_time:t:D duration:n:D total_duration:n:D finish_reason:e:DFS
    finish_reason_description:s virtual_phone_number:s:D calling_phone_number:s:D
    called_phone_number:s:D direction:e:D is_transfered:b:D is_operator:b:D employee_id:n:DFS
    employee_full_name:s employee_phone_number:s employee_rating:n:D scenario_id:n:D
    scenario_name:s is_coach:b:D release_cause_code:n:D release_cause_description:s:D
    is_failed:b:D is_talked:b contact_id:n contact_full_name:s contact_phone_number:s action_id:n
    action_name:s:D group_id:n:D group_name:s:D"""
)
