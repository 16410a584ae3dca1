"""A second file of a table is added to it; a file that is not used is named with the reason."""

from __future__ import annotations

from pathlib import Path

from workbench.crm.load import load_tables
from workbench.propose import propose_source, write_source

SHOP = "order_id,customer_id,order_date,amount\n" + "".join(
    f"{i},c{i % 5},2023-01-{1 + i:02d},12.5\n" for i in range(28)
)
WEB = "number,client,created,total,coupon\n" + "".join(f"W{i},c{i % 5},2023-02-{1 + i:02d},9.5,x\n" for i in range(20))


def test_a_second_file_of_one_table_is_put_together_with_the_first(tmp_path: Path) -> None:
    (tmp_path / "orders_shop.csv").write_text(SHOP)
    (tmp_path / "orders_web.csv").write_text(WEB)
    proposal = propose_source(tmp_path)
    assert not proposal.unused
    assert any("orders_web is put together with orders_shop; 5 of its 5 customers" in text for text in proposal.unsure)
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    assert crm.facts.loaded == {"orders": 48} and not crm.facts.refused
    assert float(crm["orders"].amount.sum().execute()) == 28 * 12.5 + 20 * 9.5


def test_a_second_file_in_another_currency_is_set_aside_not_added(tmp_path: Path) -> None:
    lines = SHOP.splitlines()
    (tmp_path / "orders_shop.csv").write_text("\n".join([lines[0] + ",currency", *(x + ",EUR" for x in lines[1:])]))
    lines = WEB.splitlines()
    (tmp_path / "orders_web.csv").write_text("\n".join([lines[0] + ",currency", *(x + ",USD" for x in lines[1:])]))
    proposal = propose_source(tmp_path)
    assert proposal.questions[0].topic == "currency"
    write_source(proposal.answered(proposal.questions[0], proposal.questions[0].choices[0]), tmp_path / "source.yaml")
    facts = load_tables(tmp_path / "source.yaml").facts
    assert facts.loaded == {"orders": 28}
    assert [(r["reason"], r["rows"]) for r in facts.refused] == [("amounts are in another currency than EUR", 20)]


def test_a_second_file_that_holds_ids_of_the_first_is_named_with_the_way_to_use_both(tmp_path: Path) -> None:
    (tmp_path / "orders_shop.csv").write_text(SHOP)
    (tmp_path / "orders_web.csv").write_text(WEB.replace("W", ""))
    proposal = propose_source(tmp_path)
    assert [(t.table, t.file) for t in proposal.tables] == [("orders", "orders_shop")]
    assert proposal.unused["orders_web"].startswith("looks like orders too, but orders_shop is mapped to it")
    write_source(proposal, tmp_path / "source.yaml")
    assert "# orders_web is not used: looks like orders too" in (tmp_path / "source.yaml").read_text()


def test_a_word_that_all_file_names_share_still_says_which_tables_they_are(tmp_path: Path) -> None:
    (tmp_path / "customer_data.csv").write_text(
        "customer_id,signup_date,country\n" + "".join(f"c{i},2022-12-0{1 + i},NL\n" for i in range(5))
    )
    (tmp_path / "customer_orders.csv").write_text(SHOP)
    proposal = propose_source(tmp_path)
    assert [(t.table, t.file) for t in proposal.tables] == [
        ("customers", "customer_data"),
        ("orders", "customer_orders"),
    ]


def test_a_file_that_only_has_a_key_is_not_said_to_look_like_customers(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(
        "customer_id,signup_date\n" + "".join(f"c{i},2022-12-0{1 + i}\n" for i in range(5))
    )
    (tmp_path / "orders.csv").write_text(SHOP)
    (tmp_path / "depots.csv").write_text("depot_id,country\n" + "".join(f"D{i},NL\n" for i in range(9)))
    (tmp_path / "clients_west.csv").write_text(
        "client_id,joined\n" + "".join(f"c{i},2022-11-0{1 + i}\n" for i in range(5))
    )
    unused = propose_source(tmp_path).unused
    assert unused["depots"] == "fits no table of the contract"
    assert unused["clients_west"].startswith("looks like customers too")


def test_a_second_file_of_uses_that_are_in_the_first_is_named_not_added(tmp_path: Path) -> None:
    days = [f"2023-01-{1 + i:02d}" for i in range(28)]
    (tmp_path / "events_app.csv").write_text(
        "customer_id,occurred_at,event\n" + "".join(f"c{i % 5},{day},login\n" for i, day in enumerate(days))
    )
    for name, year in (("events_web", "2023"), ("events_old", "2022")):
        text = "client,event,date\n" + "".join(f"c{i % 5},page,{year}{d[4:]}\n" for i, d in enumerate(days[:20]))
        (tmp_path / f"{name}.csv").write_text(text)
    proposal = propose_source(tmp_path)
    events = proposal["events"]
    assert {name for name in proposal.files if events.reads(name)} == {"events_app", "events_old"}
    assert "events_web" in proposal.unused


def lines(header: str, form: str, n: int = 40) -> str:
    return header + "\n" + "".join(form.format(i=i, c=i % 6, d=f"2024-0{1 + i % 9}-1{i % 10}") + "\n" for i in range(n))


OLD = lines("factuurnummer,klantnummer,factuurdatum,vervaldatum,betaald_op,bedrag", "F{i},K{c},{d},{d},{d},10.50")
NEW = lines("factuur_nr,klant_id,datum,vervaldatum,betaaldatum,totaal,soort", "G{i},K{c},{d},{d},{d},10.50,a")


def test_files_of_one_shape_are_one_table_whatever_their_columns_are_called(tmp_path: Path) -> None:
    (tmp_path / "facturen_oud.csv").write_text(OLD)
    (tmp_path / "facturen_nieuw.csv").write_text(NEW)
    proposal = propose_source(tmp_path)
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    assert not proposal.unused and crm.facts.loaded == {"orders": 80}
    assert float(crm["orders"].amount.sum().execute()) == 80 * 10.5


def test_files_of_one_shape_beside_others_are_one_table(tmp_path: Path) -> None:
    header, form = "invoice_id,customer_id,issued_at,due_at,paid_at,amount", "I{i},K{c},{d},{d},{d},10.50"
    (tmp_path / "invoices_2023.csv").write_text(lines(header, form))
    (tmp_path / "invoices_2024.csv").write_text(lines(header + ",terms", form.replace("I{i}", "J{i}") + ",net14"))
    (tmp_path / "orders.csv").write_text(lines("order_id,customer_id,order_date,amount", "O{i},K{c},{d},5.25"))
    proposal = propose_source(tmp_path)
    write_source(proposal, tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml").facts.loaded == {"orders": 40, "invoices": 80}


def test_customers_of_three_files_are_all_customers(tmp_path: Path) -> None:
    for place in ("eu", "us", "asia"):
        (tmp_path / f"customers_{place}.csv").write_text(
            lines(
                "customer_id,signed_up_at,country" + ",tier" * (place == "us"),
                place + "{i},{d},X" + ",a" * (place == "us"),
            )
        )
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,order_date,amount\n"
        + "".join(f"{p}{i},{p}{i % 40},2024-10-0{1 + i % 9},5.25\n" for p in ("eu", "us", "asia") for i in range(80))
    )
    proposal = propose_source(tmp_path)
    write_source(proposal, tmp_path / "source.yaml")
    crm = load_tables(tmp_path / "source.yaml")
    assert crm.facts.loaded == {"customers": 120, "orders": 240} and not crm.facts.refused
    assert crm["orders"].anti_join(crm["customers"], "customer_id").count().execute() == 0


def test_orders_and_their_lines_are_no_files_of_one_shape(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(lines("order_id,customer_id,order_date", "{i}a,K{c},{d}"))
    (tmp_path / "order_lines.csv").write_text(lines("line_id,order_id,product,amount", "L{i},{i}a,x,10"))
    proposal = propose_source(tmp_path)
    assert [(t.table, bool(t.more)) for t in proposal.tables if t.table == "orders"] == [("orders", False)]
    write_source(proposal, tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml").facts.loaded["orders"] == 40


def test_a_list_of_members_is_one_of_subscriptions(tmp_path: Path) -> None:
    header = "Mitgliedsnummer;Vorname;Vertragsbeginn;Vertragsende;Tarif;Monatsbeitrag;Kündigung am"
    form = "M{i};Max;{d};2025-01-31;Basis;24,90;2024-12-01"
    (tmp_path / "mitglieder.csv").write_text(lines(header, form), encoding="utf-8")
    proposal = propose_source(tmp_path)
    mapped = {name: m.raw for name, m in proposal["subscriptions"].columns.items()}
    assert mapped["customer_id"] == ("Mitgliedsnummer",) and mapped["mrr"] == ("Monatsbeitrag",)
    assert mapped["ended_at"] == ("Vertragsende",) and mapped["cancelled_at"] == ("Kündigung am",)
    write_source(proposal, tmp_path / "source.yaml")
    assert load_tables(tmp_path / "source.yaml").facts.loaded["subscriptions"] == 40


def test_invoices_without_the_day_of_payment_are_not_called_overdue(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(
        lines("invoice_id,customer_id,issued_at,due_at,amount", "I{i},K{c},{d},{d},10.50")
    )
    (tmp_path / "orders.csv").write_text(lines("order_id,customer_id,order_date,amount", "O{i},K{c},{d},5.25"))
    proposal = propose_source(tmp_path)
    assert "due_at" not in proposal["invoices"].columns
    assert any("nothing says when invoices were paid" in sentence for sentence in proposal.unsure)


def test_amounts_without_tax_are_taken_before_those_with_it(tmp_path: Path) -> None:
    header = "Factuurnummer;Relatiecode;Factuurdatum;Bedrag incl. btw;Bedrag excl. btw"
    form = 'F{i};R{c};{d};"1.210,00";"1.000,00"'
    (tmp_path / "verkoopfacturen.csv").write_text(lines(header, form))
    proposal = propose_source(tmp_path)
    assert proposal["orders"].columns["amount"].raw == ("Bedrag excl. btw",)
    assert any("Bedrag incl. btw may hold both" in sentence for sentence in proposal.unsure)
