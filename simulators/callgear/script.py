"""Writes down what happens in a call, moment by moment: the verbs that the recipes are made of."""

from __future__ import annotations

from collections.abc import Callable

from simulators.callgear.calls import Call, Leg, Row, Step

NEXT_RING = 0.2
ARRIVAL = 0.9
HANG_UP = 0.134


class Script:
    """Fills a call with legs and steps; `at` is the moment reached, in seconds from its start."""

    def __init__(self, call: Call, *, next_leg_id: Callable[[], int]) -> None:
        self.call = call
        self.at = 0.0
        self._next_leg_id = next_leg_id
        self._open: list[Leg] = []
        call.client_leg_id = next_leg_id()

    def note(self, event: str, leg: Leg | None = None) -> None:
        self.call.steps.append(Step(self.at, event, leg))

    def pause(self, seconds: float) -> None:
        self.at += seconds

    def arrive(self) -> None:
        """The client's call comes in on the virtual number."""
        self.note("incoming_call")
        self.pause(ARRIVAL)

    def leave(self, employee: Row) -> Leg:
        """An employee picks up his phone and dials the client."""
        leg = self._leg(employee)
        self.call.initiator = employee
        self.note("outgoing_call", leg)
        return leg

    def ring(self, employees: list[Row]) -> list[Leg]:
        """These employees' phones ring together."""
        legs = []
        for employee in employees:
            leg = self._leg(employee)
            legs.append(leg)
            self.note("waiting_answer", leg)
            self.pause(NEXT_RING)
        return legs

    def talk(self, leg: Leg, seconds: float) -> None:
        """This employee answers; the other phones stop; the two talk."""
        self._connect(leg)
        self.note("talk_started", leg)
        self.pause(seconds)
        self._close(leg, "subscriber_disconnects")
        self.note("talk_finished", leg)

    def pick_up(self, leg: Leg) -> None:
        """This employee picks up his phone, but nobody is there to talk to."""
        leg.is_picked_up = True
        self.note("call_accepted", leg)

    def transfer_to(self, employee: Row, *, ring: float, talk: float) -> None:
        """The last talker hands the client over."""
        self._last_talked().reason = "transfer_disconnects"
        self.pause(NEXT_RING)
        leg = self.ring([employee])[0]
        self.pause(ring)
        self.talk(leg, talk)

    def give_up(self, reason: str) -> None:
        """All phones that still ring stop."""
        for leg in list(self._open):
            self._close(leg, reason)
            self.note("leg_finished", leg)

    def end(self, reason: str, *events: str) -> None:
        """The session is over; `events` in the order in which they are told."""
        self.give_up("no_success_operator_call")
        self.pause(HANG_UP)
        self.call.finish_reason = reason
        self.call.total = self.at
        if self.call.tags:
            self.note("tag_set")
        for event in events:
            self.note(event)
            self.pause(0.001)

    def records(self, delay: float) -> None:
        """A record of each talk gets ready after the end of the call."""
        self.at = self.call.total + delay
        for leg in self.call.talks:
            leg.record = self.call.record_id(leg)
            self.note("record_ready", leg)
            self.pause(0.05)

    def _leg(self, employee: Row) -> Leg:
        leg = Leg(self._next_leg_id(), employee, self.at)
        self.call.legs.append(leg)
        self._open.append(leg)
        return leg

    def _connect(self, leg: Leg) -> None:
        leg.connect = self.at
        self.pick_up(leg)
        for other in [one for one in self._open if one is not leg]:
            self._close(other, "another_operator_answer")
            self.note("leg_finished", other)

    def _close(self, leg: Leg, reason: str) -> None:
        leg.end, leg.reason = self.at, reason
        self._open.remove(leg)

    def _last_talked(self) -> Leg:
        return self.call.talks[-1]
