"""A file of requests for help, or of answers to a survey, is never read as what customers buy or subscribe to."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.propose import init_command, propose_source

EXPORTS = {
    "conversations": (
        "Conversation ID,User ID,Created at,Closed at,First response at,Rating,Channel",
        "{i},u{c},2023-01-{d} 10:00,2023-01-{d} 12:00,2023-01-{d} 10:30,{r},chat",
    ),
    "cases": (
        "Case Number,Account ID,Status,Priority,Origin,Opened Date,Closed Date,Case Owner",
        "{i},A-{c},Closed,High,Web,2023-01-{d} 10:00,2023-01-{d} 12:00,Ann",
    ),
    "chats": (
        "chat_id,visitor_id,started_at,ended_at,agent,rating,duration_seconds",
        "{i},v{c},2023-01-{d} 10:00,2023-01-{d} 12:00,ann,{r},7200",
    ),
    "export": (
        "id,customer_id,created_at,closed_at,first_response_at,priority,assignee",
        "{i},c{c},2023-01-{d} 10:00,2023-01-{d} 12:00,2023-01-{d} 10:30,low,bob",
    ),
    "surveys": (
        "response_id,customer_id,sent_at,answered_at,score,comment",
        "{i},c{c},2023-01-{d} 10:00,2023-01-{d} 12:00,{r},all is well with it",
    ),
}


def write_export(folder: Path, name: str, header: str, row: str) -> Path:
    rows = [row.format(i=i, c=i % 7, d=f"{1 + i % 28:02d}", r=1 + i % 5) for i in range(28)]
    (folder / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", EXPORTS)
def test_requests_for_help_and_surveys_alone_are_no_activity_and_the_missing_tables_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    assert init_command(str(write_export(raw, name, *EXPORTS[name])), tmp_path / "source.yaml") == 2
    printed = capsys.readouterr().out
    assert "no file shows dated activity (orders, events, subscriptions)" in printed
    assert f"{'surveys' if name == 'surveys' else 'tickets'}: {name}, " in printed
    assert "subscriptions:" not in printed and "orders:" not in printed and "events:" not in printed


def test_the_response_the_close_and_the_rating_of_a_conversation_are_mapped(tmp_path: Path) -> None:
    proposal = propose_source(write_export(tmp_path, "conversations", *EXPORTS["conversations"]))
    assert [t.table for t in proposal.tables] == ["tickets"]  # the channel of a conversation is no acquisition channel
    assert {name: mapped.raw[0] for name, mapped in proposal["tickets"].columns.items()} == {
        "ticket_id": "Conversation ID",
        "customer_id": "User ID",
        "opened_at": "Created at",
        "first_response_at": "First response at",
        "resolved_at": "Closed at",
        "satisfaction": "Rating",
        "channel": "Channel",
    }


def test_the_requester_is_offered_as_the_customer_of_tickets_that_name_none(tmp_path: Path) -> None:
    header = "id,requester_id,subject,priority,assignee,created_at,solved_at"
    row = "{i},p{c},please do help,high,ann,2023-01-{d} 10:00,2023-01-{d} 12:00"
    proposal = propose_source(write_export(tmp_path, "tickets", header, row))
    assert "names the customer: requester_id (7 values)" in " ".join(proposal.unsure)


def test_tickets_that_are_sold_are_orders(tmp_path: Path) -> None:
    row = "{i},c{c},2023-01-{d} 10:00,{r}5.00"
    proposal = propose_source(write_export(tmp_path, "tickets", "ticket_id,customer_id,created_at,price", row))
    assert [t.table for t in proposal.tables] == ["orders"]
