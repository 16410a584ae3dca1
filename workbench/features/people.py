"""The customer's own people: who left, who came, and whether all hangs on one person (S2, D12)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from workbench.features.declare import Aggregate, Feature

FAMILY = "contact person"
WINDOWS = (30, 90, 180, 365)


def _is_there(contacts: ir.Table) -> ir.Value:
    # Asked of the as-of view alone: elsewhere left_at is hidden even where the source has it.
    return contacts.left_at.isnull() if "left_at" in contacts.columns else contacts.as_of.notnull()


def _decides(contacts: ir.Table) -> ir.Value:
    return contacts.role.lower().re_search("decision|decider|owner|buyer|director")


FEATURES = [
    Feature(
        "n_contacts_left", FAMILY, "contacts", "people", "contact persons who left in the last {days} days",
        "high", "contact persons who left in {days} days: {value}",
        Aggregate("count", dated_by="left_at"), windows=WINDOWS, needs=("left_at",), none=0,
    ),
    Feature(
        "n_contacts_joined", FAMILY, "contacts", "people", "contact persons who joined in the last {days} days",
        "neither", "contact persons who joined in {days} days: {value}",
        Aggregate("count"), windows=(90, 365), needs=("joined_at",), none=0,
    ),
    Feature(
        "n_contacts", FAMILY, "contacts", "people", "contact persons who are there",
        "low", "contact persons: {value}", Aggregate("count", where=_is_there),
    ),
    Feature(
        "single_contact", FAMILY, "", "yes or no", "1 if all contact hangs on one person or none",
        "high", "one contact person or none: {value}",
        lambda f: (f.n_contacts <= 1).cast("float64"), needs=("n_contacts",),
    ),
    Feature(
        "n_decision_makers", FAMILY, "contacts", "people", "decision makers who are there",
        "low", "decision makers: {value}",
        Aggregate("count", where=lambda t: _decides(t) & _is_there(t)), needs=("role",),
    ),
    Feature(
        "days_since_contact_left", FAMILY, "contacts", "days", "whole days since a contact person last left",
        "low", "a contact person left {value} days ago",
        Aggregate("days since last", dated_by="left_at"), needs=("left_at",),
    ),
    Feature(
        "days_since_contact_joined", FAMILY, "contacts", "days", "whole days since a contact person last joined",
        "low", "the newest contact person joined {value} days ago",
        Aggregate("days since last"), needs=("joined_at",),
    ),
    Feature(
        "n_agents", FAMILY, "messages", "people", "our own people who were in contact with the customer in {days} days",
        "low", "our own people in contact in {days} days: {value}",
        Aggregate("count distinct", of=lambda t: t.agent), windows=(180, 365), needs=("agent",),
    ),
    Feature(
        "single_agent", FAMILY, "", "yes or no", "1 if all contact of a year was held by one of our own people",
        "high", "one of our own people holds all contact: {value}",
        lambda f: ibis.ifelse(f.n_agents_365d > 0, (f.n_agents_365d == 1).cast("float64"), None),
        needs=("n_agents_365d",),
    ),
]  # fmt: skip
