"""What init is unsure of is asked with its readings on real rows, and each answer changes the source file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from workbench.crm.load import load_tables
from workbench.errors import SourceError
from workbench.propose import init_command, propose_source, write_source

PLANS = "id,customer,start_date,plan_amount,seats,plan_interval\n" + "".join(
    f"sub_{i},cus_{i},2023-01-{i + 1:02d},{(4900, 9900)[i % 2]},{1 + i % 3},year\n" for i in range(12)
)


def folder(tmp_path: Path, **files: str) -> Path:
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, text in files.items():
        (raw / f"{name}.csv").write_text(text, encoding="utf-8")
    return raw


def mrr(source: Path) -> float:
    return round(float(load_tables(source)["subscriptions"].mrr.sum().execute()), 2)


def test_every_doubt_about_money_is_kept_and_none_replaces_another(tmp_path: Path) -> None:
    proposal = propose_source(folder(tmp_path, subscriptions=PLANS))
    doubts = proposal["subscriptions"].columns["mrr"].doubts
    assert [doubt.topic for doubt in doubts] == ["cents", "quantity", "period"]
    assert doubts[0].choices[1].shown[0].startswith("4900")
    write_source(proposal, tmp_path / "source.yaml")
    assert mrr(tmp_path / "source.yaml") == round((6 * 4900 + 6 * 9900) / 12, 2)


def test_answers_from_standard_input_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("b\nb\nx\na\neur\nb\n"))
    raw = folder(tmp_path, subscriptions=PLANS)
    assert init_command(str(raw), tmp_path / "source.yaml", ask_doubts=True) == 0
    amounts = [(4900, 9900)[i % 2] * (1 + i % 3) for i in range(12)]
    assert mrr(tmp_path / "source.yaml") == round(sum(amounts) / 100 / 12, 2)
    assert "in cents" not in (tmp_path / "source.yaml").read_text()


def test_answers_that_end_too_early_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("b\n"))
    with pytest.raises(SourceError, match="the answers ended before the questions"):
        init_command(str(folder(tmp_path, subscriptions=PLANS)), tmp_path / "source.yaml", ask_doubts=True)
    assert not (tmp_path / "source.yaml").exists()


def test_a_decimal_mark_is_stated_with_what_it_rests_on_and_asked_where_nothing_decides(tmp_path: Path) -> None:
    lines = "order_id;customer_id;order_date;amount\n"
    sure = lines + "".join(f"{i};c{i % 4};2023-01-{i + 1:02d};R$ 1.037,5{i}\n" for i in range(8))
    (tmp_path / "a").mkdir()
    proposal = propose_source(folder(tmp_path / "a", orders=sure))
    assert proposal.settings["decimal"][0] == "comma" and proposal.currency == "BRL"
    assert "8 of 8 values" in proposal.settings["decimal"][1]
    unclear = lines + "".join(f"{i};c{i % 4};2023-01-{i + 1:02d};1.25{i}\n" for i in range(8))
    (tmp_path / "b").mkdir()
    (doubt,) = [d for d in propose_source(folder(tmp_path / "b", orders=unclear)).questions if d.topic == "decimal"]
    assert [choice.shown[0] for choice in doubt.choices] == ["1.250 -> 1.25", "1.250 -> 1,250.00"]


def test_amounts_of_several_currencies_are_refused_until_one_is_chosen(tmp_path: Path) -> None:
    rows = "".join(f"{i},c{i % 4},2023-01-{i + 1:02d},{20 + i % 2},{('EUR', 'EUR', 'USD')[i % 3]}\n" for i in range(9))
    proposal = propose_source(folder(tmp_path, orders="order_id,customer_id,order_date,amount,currency\n" + rows))
    write_source(proposal, tmp_path / "unchosen.yaml")
    with pytest.raises(SourceError, match=r"EUR \(6\), USD \(3\), which cannot be added up.* currency: EUR"):
        load_tables(tmp_path / "unchosen.yaml")
    (doubt,) = [d for d in proposal.questions if d.topic == "currency"]
    write_source(proposal.answered(doubt, doubt.choices[0]), tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml").facts.loaded == {"orders": 6}


def test_a_cancelled_subscription_without_a_date_is_asked_about(tmp_path: Path) -> None:
    rows = "".join(f"s{i},c{i},2023-01-{i + 1:02d},10.5{i},{('active', 'cancelled')[i % 2]},\n" for i in range(8))
    header = "subscription_id,customer_id,start_date,mrr,status,end_date\n"
    (doubt,) = [d for d in propose_source(folder(tmp_path, subs=header + rows)).questions if d.topic == "undated"]
    assert "4 cancelled subscriptions have no date" in doubt.text
    assert doubt.choices[0].setting == ("subscriptions.cancelled_without_date", "last_activity")


def test_an_end_a_day_before_the_next_start_is_the_last_day_of_service(tmp_path: Path) -> None:
    terms = [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29"), ("2024-03-01", "")]
    rows = "".join(f"s{c}{k},c{c},{start},{end},10.5\n" for c in range(4) for k, (start, end) in enumerate(terms))
    proposal = propose_source(folder(tmp_path, terms="sub_id,account_id,start_date,end_date,mrr\n" + rows))
    assert proposal["subscriptions"].stated["ended_at_is"] == (
        "last_day_of_service",
        "8 of 8 next terms begin one day after the end",
    )


def test_parts_of_one_export_are_one_input_and_what_is_not_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    header = "order_id,customer_id,order_date,amount\n"
    raw = folder(
        tmp_path, **{f"orders_202{k}": header + f"{k},c1,202{k}-01-01,5.5\n9{k},c2,202{k}-02-01,6.5\n" for k in (1, 2)}
    )
    (raw / "empty.csv").write_text("")
    (raw / "all.zip").write_bytes(b"PK")
    assert init_command(str(raw), tmp_path / "source.yaml") == 0
    printed = capsys.readouterr().out
    assert "Not used: empty.csv: is empty" in printed and "Not used: all.zip: a packed archive" in printed
    assert load_tables(tmp_path / "source.yaml").facts.loaded == {"orders": 4}


def test_a_table_without_its_customer_ends_with_2_and_the_columns_to_choose_from(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rows = "".join(f"2023-01-{i + 1:02d},page_{i % 3},x{i % 4}y\n" for i in range(9))
    assert init_command(str(folder(tmp_path, clicks="clicked_at,page,zzq\n" + rows)), tmp_path / "source.yaml") == 2
    assert "which column of clicks names the customer: zzq (4 values)" in capsys.readouterr().out


def test_small_counts_among_serial_ids_are_no_keys(tmp_path: Path) -> None:
    proposal = propose_source(
        folder(
            tmp_path,
            members="member_id,joined\n" + "".join(f"{i},2023-01-{i:02d}\n" for i in range(1, 21)),
            visits="visited_at,member_id,team_members\n"
            + "".join(f"2023-02-{1 + i % 28:02d},{1 + i % 20},{1 + i % 5}\n" for i in range(60)),
        )
    )
    assert proposal["events"].columns["customer_id"].raw == ("member_id",)


def test_facts_of_customers_in_a_file_of_their_own_are_joined(tmp_path: Path) -> None:
    proposal = propose_source(
        folder(
            tmp_path,
            clients="client_id,signup_date\n" + "".join(f"K{i:03d},2023-01-{i:02d}\n" for i in range(1, 21)),
            marketing="client_id,channel,cac\n" + "".join(f"K{i:03d},ads,25\n" for i in range(1, 21)),
            logins="client_id,login_date\n"
            + "".join(f"K{1 + i % 20:03d},2023-02-{1 + i % 28:02d}\n" for i in range(50)),
        )
    )
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    assert crm.facts.loaded == {"customers": 20, "events": 50}
    assert float(crm["customers"].acquisition_cost.sum().execute()) == 500


def test_the_name_of_a_file_may_state_the_instrument(tmp_path: Path) -> None:
    proposal = propose_source(
        folder(
            tmp_path,
            nps="user_id,date,score\n" + "".join(f"u{i % 9},2023-01-{i + 1:02d},{i % 11}\n" for i in range(20)),
            logins="user_id,login_date\n" + "".join(f"u{i % 9},2023-02-{i + 1:02d}\n" for i in range(20)),
        )
    )
    assert proposal["surveys"].columns["instrument"].sql == "'nps'"


def test_an_id_that_stands_for_nobody_is_named_and_its_rows_set_aside(tmp_path: Path) -> None:
    header = "order_id,customer_id,order_date,amount\n"
    rows = "".join(f"{i},{0 if i % 2 else 1 + i % 6},2023-01-{1 + i % 28:02d},15.50\n" for i in range(40))
    proposal = propose_source(folder(tmp_path, orders=header + rows))
    assert any("the id 0 holds 50% of the rows of orders" in doubt for doubt in proposal.unsure)
    write_source(proposal, tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml").facts.loaded == {"orders": 20}


def test_numbers_that_can_be_read_in_two_ways_are_not_loaded_before_they_are_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "order_id;customer_id;order_date;amount\n"
    raw = folder(tmp_path, orders=header + "".join(f"{i};c{i % 4};2023-01-{i + 1:02d};1.25{i}\n" for i in range(8)))
    assert init_command(str(raw), tmp_path / "first.yaml") == 2
    assert "state decimal: point or decimal: comma" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("b\n\n"))
    assert init_command(str(raw), tmp_path / "second.yaml", ask_doubts=True) == 0
    assert "Loaded: orders: 8 rows" in capsys.readouterr().out
    assert float(load_tables(tmp_path / "second.yaml")["orders"].amount.sum().execute()) == 8 * 1250 + 28


def test_a_date_is_the_end_of_a_trial_by_its_name_alone(tmp_path: Path) -> None:
    rows = "".join(f"s{i},c{i},2023-01-{i + 1:02d},2023-03-{i + 1:02d},2023-04-{i + 1:02d},9.5{i}\n" for i in range(9))
    header = "subscription_id,customer_id,start_date,notice,end_date,mrr\n"
    columns = propose_source(folder(tmp_path, subs=header + rows))["subscriptions"].columns
    assert "trial_ends_at" not in columns and "kind" not in columns
    assert (columns["cancelled_at"].raw, columns["ended_at"].raw) == (("notice",), ("end_date",))


def test_a_weak_fit_that_decides_who_left_is_asked_and_can_be_left_out(tmp_path: Path) -> None:
    rows = "".join(f"s{i},c{i},2023-01-{i + 1:02d},2023-04-{i + 1:02d},9.5{i}\n" for i in range(9))
    header = "subscription_id,customer_id,start_date,unsubscribe_detected_at,mrr\n"
    proposal = propose_source(folder(tmp_path, subs=header + rows))
    (doubt,) = [d for d in proposal.questions if d.topic == "fit"]
    assert (doubt.about, doubt.cost) == ("subscriptions.cancelled_at", "service")
    assert "cancelled_at" not in proposal.answered(doubt, doubt.choices[1])["subscriptions"].columns


def test_terms_of_several_lengths_are_each_brought_to_a_month(tmp_path: Path) -> None:
    rows = "".join(
        f"t{i},c{i},2023-01-{i + 1:02d},{f'2024-01-{i + 1:02d},120' if i % 3 else f'2023-02-{i + 1:02d},10'}.00\n"
        for i in range(12)
    )
    proposal = propose_source(folder(tmp_path, terms="subscription_id,customer_id,start_date,end_date,amount\n" + rows))
    write_source(proposal, tmp_path / "source.yaml")
    assert any("the amount per month or year" in sentence for sentence in proposal.unsure)
    assert mrr(tmp_path / "source.yaml") == 120
