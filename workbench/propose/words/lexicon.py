"""How tables, columns and values of the contract are named in the field, by the meanings of words."""

from __future__ import annotations

from workbench.sources import FALSE_WORDS, TRUE_WORDS

ENTITIES = ("customer", "contact", "subscription", "order", "invoice", "charge", "ticket", "product", "survey", "event")
"""What an id may name."""

GENERIC = {"date": 0.15, "id": 0.2, "flag": 0.15, "name": 0.3, "currency": 0.1}
"""Meanings that say little by themselves, and the weight they keep."""

TABLE_WORDS = {
    "customers": "customer",
    "subscriptions": "subscription|plan|customer subscription",
    "subscription_changes": "subscription change|plan change|subscription event",
    "cancellations": "cancel|cancel event|cancel reason|cancel ticket",
    "orders": "order|order line|line|invoice line|order product|product|deal",
    "invoices": "invoice",
    "charges": "charge|pay",
    "tickets": "ticket",
    "events": "event|feature|product event|feature event",
    "messages": "message|send|campaign message",
    "surveys": "survey|score|survey score",
    "goals": "goal|customer goal",
    "contacts": "contact|customer contact",
    "consents": "consent|withdraw",
    "treatments": "treatment|campaign treatment|campaign",
}

COLUMN_WORDS: dict[str, dict[str, str]] = {
    "customers": {
        "customer_id": "customer id|id|customer",
        "signed_up_at": "signup date|create date|start date|customer start date|first order date|first seen date",
        "closed_at": "close date|customer close date|cancel date|end date",
        "parent_id": "parent id|parent customer id",
        "exclude_reason": "exclude reason|exclude",
        "country": "country|country name|country id",
        "region": "region|region name|customer region",
        "segment": "segment|customer segment",
        "industry": "industry|customer industry|line customer",
        "customer_type": "customer kind|kind",
        "company_size": "size|customer size",
        "budget": "budget|customer budget",
        "acquisition_channel": "source|source channel|signup source|acquisition channel|signup channel",
        "referred_by": "refer|refer id|refer customer id|refer customer",
        "acquisition_cost": "source cost|cost|acquisition cost",
        "preferred_channel": "preferred channel|preferred message channel|preferred contact method|preferred contact"
        "|preferred message",
        "contact_hours": "contact hours|preferred hours|preferred contact hours",
        "time_zone": "time zone|timezone|tz|customer time zone|customer timezone",
        "owner": "owner|customer owner|owner name|agent end|agent|preferred agent|preferred owner",
    },
    "subscriptions": {
        "subscription_id": "subscription id|id",
        "customer_id": "customer id|customer",
        "kind": "kind|subscription kind|trial flag|trial|trial period flag",
        "plan": "plan|plan name|product|product name|subscription plan|plan id|subscription kind",
        "started_at": "start date|create date|subscription start date|signup date|current start date",
        "trial_ends_at": "trial end date",
        "cancelled_at": "cancel date",
        "ended_at": "effective end date|end date|subscription end date|close date|exclude date",
        "renews_at": "renew date|current period end date|renew period date|period end date|current end date",
        "auto_renew": "auto renew|auto renew flag|auto|renew flag|auto renew status",
        "billing_period": "invoice period|period|plan period|pay period|invoice",
        "mrr": "mrr|mrr amount|monthly amount|monthly price|monthly recurring amount|recurring amount|monthly fee"
        "|monthly charge|recurring charge|plan amount|plan price|monthly subscription|monthly|subscription price"
        "|subscription amount",
        "cancel_reason": "cancel reason|end reason|cancel method|cancel source|reason|reason id",
    },
    "subscription_changes": {
        "subscription_id": "subscription id",
        "changed_at": "change date|event date|date|effective date",
        "change": "change|change kind|event kind|event",
        "plan": "plan|plan name|new plan",
        "mrr": "mrr|mrr amount|monthly amount|new mrr|amount|new price|price",
    },
    "cancellations": {
        "customer_id": "customer id|customer",
        "occurred_at": "cancel date|date|event date|end date|close date|cancel event date",
        "kind": "cancel kind|kind",
        "reason": "reason|reason id|cancel reason|reason kind",
        "comment": "comment|cancel comment|reason comment",
    },
    "orders": {
        "order_id": "order id|id|invoice id|order name|charge id|deal id",
        "customer_id": "customer id|customer|email|customer email",
        "ordered_at": "order date|create date|date|invoice date|deal close date|close date|won date|issue date",
        "amount": "amount|order amount|line amount|price|line price|order price|product amount|pay amount"
        "|customer price|price amount",
        "margin_amount": "margin|margin amount",
        "product": "product|product id|product name|line name|order product name|order product|service|service name"
        "|order service|order kind|treatment|treatment name",
        "returns_order_id": "return order id|return id",
        "cancelled_at": "cancel date|order cancel date",
    },
    "invoices": {
        "invoice_id": "invoice id|id|invoice",
        "customer_id": "customer id|customer",
        "subscription_id": "subscription id|subscription",
        "issued_at": "issue date|invoice date|create date|date",
        "due_at": "due date|invoice due date",
        "paid_at": "pay date",
        "voided_at": "void date",
        "written_off_at": "writeoff date",
        "disputed_at": "dispute date",
        "amount": "amount|invoice amount|due amount|price",
    },
    "charges": {
        "charge_id": "charge id|id",
        "invoice_id": "invoice id|invoice",
        "customer_id": "customer id|customer",
        "attempted_at": "charge date|create date|date|pay date|process date",
        "succeeded": "success|success flag|pay flag|captured|status|charge status|outcome|charge outcome",
        "failure_code": "failure id|failure|failure reason|failure message|return reason|respond id",
        "method": "method|pay method|charge method|card kind|card|pay kind|charge kind",
        "card_expires_at": "card end date",
        "amount": "amount|charge amount|pay amount",
    },
    "tickets": {
        "ticket_id": "ticket id|id",
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "opened_at": "open date|create date|ticket date|date|start date|signup date",
        "first_response_at": "first respond date|respond date|first date|first contact date|first contact",
        "resolved_at": "resolve date|close date|end date",
        "reopened_at": "reopen date",
        "kind": "kind|ticket kind|reason|ticket reason",
        "priority": "priority",
        "channel": "channel|ticket channel|source|ticket source",
        "agent": "agent|ticket agent|agent end|owner|ticket owner",
        "n_replies": "reply|reply quantity|comment|comment quantity|message|message quantity",
        "n_transfers": "transfer|transfer quantity",
        "satisfaction": "satisfaction|satisfaction score|score|survey score",
    },
    "events": {
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "occurred_at": "event date|date|create date|start date|event|open date",
        "event": "feature|feature name|event|event name|event kind|kind|feature id|feature kind|service"
        "|treatment|event service",
        "quantity": "quantity|event quantity|feature quantity|event|event period minutes|event period seconds",
    },
    "messages": {
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "sent_at": "send date|message date|date|create date",
        "direction": "direction",
        "channel": "channel|message kind|kind",
        "campaign": "campaign|campaign name|campaign id",
        "kind": "message comment kind",
        "agent": "agent",
        "text": "comment|text|message text|message",
        "opened_at": "open date",
        "replied_at": "respond date",
    },
    "surveys": {
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "answered_at": "respond date|survey date|create date|date|open date|resolve date|send date",
        "instrument": "instrument|survey kind|kind|survey name",
        "channel": "channel|survey channel",
        "score": "score|survey score|survey|respond",
        "reason": "reason",
        "comment": "comment|survey comment|survey|respond",
    },
    "goals": {
        "customer_id": "customer id|customer",
        "stated_at": "date|create date|goal date",
        "goal": "goal|goal name",
        "due_at": "due date",
        "reached_at": "resolve date|goal resolve date",
    },
    "contacts": {
        "contact_id": "contact id|id",
        "customer_id": "customer id|customer",
        "role": "role|name role|contact role",
        "joined_at": "signup date|create date|start date",
        "left_at": "cancel date|end date",
    },
    "consents": {
        "customer_id": "customer id|customer",
        "channel": "channel|consent kind",
        "granted_at": "grant date|consent date|date|create date",
        "withdrawn_at": "withdraw date",
    },
    "treatments": {
        "customer_id": "customer id|customer",
        "treated_at": "treatment date|date|assignment date|send date|campaign date|start date|contact date",
        "campaign": "campaign|campaign name|campaign id",
        "arm": "arm|treatment arm|treatment",
        "contacted_at": "contact date|send date|message date",
        "cost": "cost",
        "outcome": "outcome|respond",
    },
}

_PLANS = "free basic starter standard pro professional premium plus team business enterprise growth gold silver bronze"
VALUE_WORDS = {
    "priority": "low normal medium high urgent critical minor major blocker p1 p2 p3 p4 laag hoog dusuk yuksek acil",
    "billing_period": "month monthly year yearly annual annually quarter quarterly week weekly biannual maandelijks "
    "jaarlijks aylik yillik mahane salane day p1w p7d p1m p2m p3m p6m p12m p1y",
    "subscriptions.kind": "trial paid free trialing freemium paying",
    "plan": _PLANS,
    "reason": "price pricing cost budget expensive support features missing_features competitor competition unknown "
    "quality bugs no_need unused switched service relocation moved other prijs fiyat rakip",
    "acquisition_channel": "organic ads ad paid partner referral event social seo direct google facebook email other "
    "affiliate search outbound inbound content webinar instagram linkedin",
    "channel": "email phone chat sms web whatsapp push call mail telegram app in_app portal voice",
    "direction": "in out inbound outbound sent received incoming outgoing",
    "industry": "fintech edtech devtools cybersecurity healthtech retail finance healthcare software manufacturing "
    "education technology media insurance energy logistics government saas banking telecom ecommerce hospitality",
    "tickets.kind": "complaint question bug incident problem task feature_request billing cancel_request technical "
    "request refund account",
    "instrument": "nps csat exit ces review form",
    "customer_type": "person company individual business private b2b b2c",
    "arm": "treated control treatment holdout test",
    "method": "card visa mastercard amex paypal sepa transfer bank_transfer direct_debit ideal cash wallet klarna",
    "segment": "smb mid-market midmarket enterprise consumer b2b b2c startup corporate vip home_office small large",
    "company_size": "1-10 11-50 51-200 201-500 501-1000 1000+ 50-200 small medium large micro",
    "charges.succeeded": "succeeded failed paid declined success failure pending refunded captured approved",
    "event": "login logout click view page_view pageview search export import download upload share create "
    "purchase signup session_start add_to_cart invite report dashboard",
    "role": "admin owner decision_maker user billing champion manager ceo cto buyer director",
    "change": "upgrade downgrade plan price quantity paused resumed auto_renew pause resume",
    "country": "us usa uk gb de fr nl tr ir in ca au es it be se no dk pl br mx jp cn ch at ie fi pt gr ru ua za ae "
    "germany france netherlands turkey iran india canada australia spain italy belgium sweden norway denmark poland "
    "brazil mexico japan china switzerland austria ireland finland portugal united_kingdom united_states eire",
}
"""Values that give a column away, whatever its name; the key is a column, or table.column."""


FLAG_WORDS = " ".join((*TRUE_WORDS, *FALSE_WORDS))
