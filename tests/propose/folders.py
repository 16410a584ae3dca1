"""Small folders of raw files for tests of init: how they are written and loaded, and some that several tests share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from workbench import mrr
from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.doubts import Doubt
from workbench.propose.proposed.proposal import Proposal

EXPORT = date(2025, 3, 31)
"""The day on which several of the invented exports were made."""
IN_2023, IN_2024, IN_2025 = date(2023, 1, 2), date(2024, 1, 2), date(2025, 1, 6)


def write(
    folder: Path, name: str, rows: Sequence[str | Sequence[object]], mark: str = ",", encoding: str = "utf-8"
) -> None:
    """Write a file of rows, each a line or its cells, which ``mark`` parts."""
    lines = [row if isinstance(row, str) else mark.join(map(str, row)) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)


def day(number: int, first: date = IN_2024) -> date:
    return first + timedelta(days=number)


def loaded(folder: Path, proposal: Proposal | None = None, name: str = "source") -> Crm:
    """Return the tables of a folder as it is proposed to read them."""
    write_source(proposal or propose_source(folder), folder / f"{name}.yaml")
    return load_tables(folder / f"{name}.yaml")


def proposed_and_loaded(folder: Path) -> tuple[Proposal, Crm]:
    proposal = propose_source(folder)
    return proposal, loaded(folder, proposal)


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def recurring(crm: Crm) -> float:
    return float(mrr(crm, crm.facts.known_until).mrr.sum().execute())


def doubt(proposal: Proposal, topic: str) -> Doubt:
    return next(question for question in proposal.questions if question.topic == topic)


def topics(proposal: Proposal) -> set[str]:
    return {question.topic for question in proposal.questions}


def sales(folder: Path, *more: str, rows: int = 24, name: str = "orders.csv") -> None:
    """Orders of 10, 11, 12 … of eight customers, and the columns given, each as name=values parted by |."""
    extra = [column.split("=") for column in more]
    head = ["order_id", "customer_id", "order_date", "amount", *(column for column, _ in extra)]
    lines = [
        [f"O{i}", f"C{i % 8}", day(i), f"{10 + i}.00", *(v.split("|")[i % len(v.split("|"))] for _, v in extra)]
        for i in range(rows)
    ]
    write(folder, name, [head, *lines], ";")


def contracts(folder: Path, *more: str, name: str = "subscriptions.csv", price: str = "30.00") -> None:
    """Twelve subscriptions of 30.00 by customers of their own, and the columns given."""
    extra = [column.split("=") for column in more]
    head = ["subscription_id", "customer_id", "start_date", "price", *(column for column, _ in extra)]
    lines = [
        [f"S{i}", f"C{i}", day(i), price, *(v.split("|")[i % len(v.split("|"))] for _, v in extra)] for i in range(12)
    ]
    write(folder, name, [head, *lines], ";")


def of_courses(folder: Path) -> Proposal:
    sold = []
    for i in range(30):
        paid, tax = (4900, 800) if i % 2 else (2999, 0)
        back = {2: 0, 3: paid // 2}.get(i, 0)
        row = {"id": 500 + i, "user_id": 10 + i % 9, "purchased_at": f"{day(i, IN_2025)}T10:00:00Z", "charge": paid}
        row |= {
            "tax_charge": tax,
            "revenue": paid - tax - 250,
            "refunded_at": f"{day(i + 3, IN_2025)}T10:00:00Z" if back else None,
        }
        sold.append(row | {"amount_refunded": back, "currency": "USD"})
    (folder / "transactions.json").write_text(json.dumps({"transactions": sold}))
    return propose_source(folder)


def contracts_with(folder: Path, head: list[object], *facts: Sequence[object]) -> Proposal:
    rows = [["Contract #", "Customer #", "Start Date", "End Date", *head]]
    rows += [
        [f"C{i}", f"K{i}", day(i, IN_2025), day(500 + i, IN_2025) if i % 3 else "", *facts[i % len(facts)]]
        for i in range(24)
    ]
    write(folder, "contracts.csv", rows, ";")
    return propose_source(folder)


def sales_with(folder: Path, head: list[object], *facts: Sequence[object]) -> Proposal:
    rows = [["order_id", "customer_id", "order_date", *head]]
    rows += [[f"O{i}", f"K{i % 11}", day(i, IN_2025), *facts[i % len(facts)]] for i in range(40)]
    write(folder, "orders.csv", rows, ";")
    return propose_source(folder)


def shop(folder: Path) -> None:
    """Orders of two lines: status, payment and discount stand on the first one, numbers have a decimal comma."""
    rows = [
        [
            "Número do Pedido",
            "E-mail",
            "Data",
            "Status do Pedido",
            "Status do Pagamento",
            "Moeda",
            "Subtotal",
            "Desconto",
        ]
    ]
    rows[0] += ["Nome do Produto", "Valor do Produto", "Quantidade Comprada"]
    for i in range(30):
        pieces = 1 + i % 3
        paid = "Pendente" if i % 10 == 0 else "Confirmado"
        status = ["Cancelado", "Recusado"] if i % 7 == 3 else ["Arquivado", paid]
        head = [*status, "BRL", f"{pieces * 40.5 + 19:.2f}".replace(".", ","), "10,00" if i % 2 else "0,00"]
        named = [1000 + i, f"c{i % 8}@x.example", f"{day(i):%d/%m/%Y}"]
        rows += [[*named, *head, "Caneca", "40,50", pieces], [*named, "", "", "", "", "", "Boné", "19,00", 1]]
    write(folder, "vendas.csv", rows, ";", "windows-1252")


def orders(folder: Path, *, currency: str = "EUR", other: str = "EUR") -> None:
    rows = [[f"O{i}", f"C{i % 9}", day(i), f"{10 + i}.50", (currency, other)[i % 2]] for i in range(40)]
    write(folder, "orders.csv", [["order_id", "customer_id", "order_date", "amount", "currency"], *rows])
