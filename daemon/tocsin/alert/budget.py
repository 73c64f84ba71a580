"""From the false alerts people are ready for to the return period that rings.

A return period of N days is reached once in N days by chance, so an entity that may cost B
false alerts a day rings from 1/B days on, and a fleet of E entities that may cost F a day from
E/F days on, whatever depends on what. Of two budgets the stricter one decides. Needs are
log10 of days.
"""

from __future__ import annotations

import math

import msgspec

from tocsin.config.units import Rate

FOLLOWED_FROM = 0.1  # change of the number of entities that changes the need


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """False alerts a day, for one entity and for all together; None: no such bound."""

    per_entity: float | None = 1 / 7
    fleet: float | None = 20.0

    def __post_init__(self) -> None:
        given = [r for r in (self.per_entity, self.fleet) if r is not None]
        if not given or not all(0 < r < math.inf for r in given):
            raise ValueError(f"budget: expected at least one rate above 0, got {given}")

    def need(self, entities: int) -> float:
        """log10 of the return period in days from which on an entity rings."""
        needs = []
        if self.per_entity is not None:
            needs.append(math.log10(1.0 / self.per_entity))
        if self.fleet is not None:
            needs.append(math.log10(max(entities, 1) / self.fleet))
        return max(needs)

    def rate(self, entities: int) -> float:
        """False alerts a day that so many entities may cost under that need."""
        return float(max(entities, 1) * 10 ** -self.need(entities))

    @property
    def words(self) -> str:
        """For people: "1 a week per entity, 20 a day in all"."""
        parts = ((self.per_entity, "per entity"), (self.fleet, "in all"))
        return ", ".join(f"{Rate(r).words} {scope}" for r, scope in parts if r is not None)


class Entities(msgspec.Struct):
    """The number of active entities as the need follows it.

    Small changes do not move the need. A growing fleet is followed at once, since a need that
    lags behind would ring too often; a shrinking one at the next day of event time.
    """

    count: int = 0
    day: int = -1

    def follow(self, count: int, day: int) -> bool:
        """Take note of a count; true when the need is to be made anew."""
        grown = count > self.count * (1 + FOLLOWED_FROM)
        shrunk = day > self.day and count < self.count * (1 - FOLLOWED_FROM)
        self.day = max(self.day, day)
        if grown or shrunk:
            self.count = count
        return grown or shrunk
