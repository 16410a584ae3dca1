"""What the words of a status column mean for a row: kept, set aside, a return, a trial, a collected charge."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from typing import Literal

from workbench.propose.words.naming import LETTERS, means, words
from workbench.propose.words.scripts import in_latin

Action = Literal["keep", "refuse", "return", "credit", "cancelled"]

_KEEP = """
charged accepte preparation
completed complete paid processing shipped delivered fulfilled approved invoiced succeeded success successful captured
confirmed closed won closed_won partially_refunded partially_fulfilled partial_refund partially_paid active settled
posted authorized dispatched in_transit ready accepted bezahlt betaald voltooid afgerond abgeschlossen versendet
odendi tamamlandi paye terminee completado pagado paga pago
quitado concluida done finished received sent ok
settling submitted_for_settlement settlement_pending sales_order sale_order locked
geliefert zugestellt versandt erledigt expediee livree livre envoyee payee en_preparation
entregado enviado en_camino entregue faturado
consegnato spedito pagato evaso completato evasa bezorgd verzonden geleverd
encaisse encaissee preleve geincasseerd incassato cobrado eingezogen
levererad betald skickad slutford leveret sendt betalt levert
zrealizowane oplacone wyslane dostarczone zakonczone doreceno zaplaceno odeslano
teslim teslim_edildi kargoda kargolandi kargoya_verildi tamamlanan onaylandi hazirlaniyor gonderildi
kiszallitva fizetve teljesitve toimitettu maksettu
genehmigt bestatigt freigegeben approuve confirme en_cours aprobado confirmado en_proceso aprovado
em_processamento
approvato confermato in_lavorazione goedgekeurd bevestigd in_behandeling zatwierdzone potwierdzone w_realizacji
dokonceno schvaleno doruceno potvrzeno vyrizeno godkand bekraftad gennemfort godkendt bekraeftet jovahagyva
visszaigazolva platita finalizata aprobata expediata livrata confirmata valmis hyvaksytty lahetetty vahvistettu
dibayar selesai disetujui dikirim diterima
checked_out checkedout checked_in in_house departed attended
in_bearbeitung in_progress in_process shipping out_for_delivery partially_shipped open_invoice
"""
_REFUSE = """
cancelled canceled cancel failed failure pending pending_payment on_hold draft checkout_draft auto_draft voided void
declined refused expired abandoned rejected unpaid unavailable created lost closed_lost error deleted trash trashed test
quote entwurf
incomplete incomplete_expired fraud chargeback charged_back chargedback
afgezegd odwolana odwolane avbokad aflyst abgesagt desmarcado
annulled storniert offen abgebrochen geannuleerd openstaand mislukt
iptal beklemede annulee en_attente cancelado
pendente rejeitado estornado pendiente awaiting_payment not_paid payment_pending blocked invalid
holded hold quotation quotation_sent quote_sent offer angebot offerte devis
verlopen scaduto erreur attente aborted interrotto
skipped parked missed no_show not_delivered undelivered uebersprungen ausgesetzt overgeslagen atlandi omitido
saltado pulado
abgelaufen vervallen expirado expire
processor_declined settlement_declined gateway_rejected authorization_expired denied past_due
storno widerrufen ausstehend fehlgeschlagen abgelehnt rejete echouee brouillon
anulado rechazado fallido borrador recusado falhou
refuse refusee impaye insoluto rucklastschrift gestorneerd broken
annullato in_attesa rifiutato fallito bozza afgewezen wacht concept
avbruten avbestalld makulerad vantande annulleret afbestilt kansellert kanselleret avbestilt
oczekuje oczekujacy oczekiwanie bekliyor
anulowane anulowany odrzucone oczekujace nieoplacone zruseno zruseny stornovano
iptal_edildi iptal_edilen reddedildi odeme_bekliyor basarisiz torolve visszavonva peruttu keskeytetty
pendiente_de_pago caducado aguardando rascunho boleto_impresso attesa afwachting geweigerd nieudane wygasle
szkic ceka nezaplaceno neuspesne zamitnuto vyprselo koncept bekleniyor suresi_doldu taslak vantar misslyckad nekad
utgangen utkast afventer mislykket afvist udlobet kladde fuggoben fizetesre_var sikertelen elutasitva piszkozat
peruutettu odottaa_maksua
anulata asteptare asteapta esuata respinsa expirata ciorna odottaa epaonnistui hylatty vanhentunut luonnos
dibatalkan menunggu gagal ditolak kedaluwarsa draf
cart basket
"""
_RETURN = (
    "refunded refund returned reversed credited retour iade erstattet gutgeschrieben rembourse reembolsado "
    "terugbetaald gecrediteerd retourniert zuruckgesendet retournee devuelto devolvido "
    "rimborsato reso "
    "zuruckerstattet geretourneerd refundovano visszateritve rambursata returnata hyvitetty dikembalikan "
    "returneret returnerad aterbetald refunderet zwrocone zwrot vraceno iade_edildi iade_edilen palautettu"
)

_CREDITS = """
credit refund return returns refunds reversal chargeback gutschrift rechnungskorrektur storno stornorechnung avoir
creditnota creditfactuur creditnote creditmemo remboursement erstattung rueckerstattung retoure retour terugbetaling
iade reembolso devolucion abono credito bargasht bargashti cn
refunded chargebackreversed korekta kreditnota kreditfaktura dobropis
rucklastschrift rucklastschriften ruckbuchung retourlastschrift stornering incassoretour rejet insoluto ruckzahlung
ruckerstattung ruckerstattungen erstattungen retouren
"""
PROMISED = {
    "quote", "quotation", "estimate", "proforma", "forecast", "offer", "angebot", "angebote", "offerte", "devis",
    "teklif",
}  # fmt: skip
"""Words of files and documents of what may be sold one day."""
_NO_SALES = f"""
{" ".join(sorted(PROMISED))}
withdrawal withdraw transfer payout conversion hold release reserve fee fees deposit topup authorization
zalohova zalohovy uberweisung auszahlung gebuhr adjustment tax
pledge merchantpayout chargebackfee balancetransfer miscadjustment
"""
_DOCUMENTS = "invoice bill rechnung facture factuur fatura factura verkaufsrechnung verkoopfactuur"
_PAYMENTS = "payment receipt zahlung zahlungseingang betaling paiement encaissement pago cobro odeme tahsilat"
_ALSO_METHODS = {"credit", "credito", "abono"}
_METHODS = {"debit", "card", "cash", "visa", "mastercard", "wire", "paypal", "ideal", "sepa"}
_TESTS = {"test", "sandbox", "staging", "dummy"}

_COLLECTED = """
paid_out paidout payed_out paid_in accepted
succeeded success successful paid captured approved complete completed settled refunded partially_refunded
partial_refund refund disputed chargeback collected ok authorized settling submitted_for_settlement
geslaagd betaald bezahlt eingezogen encaisse preleve geincasseerd incassato cobrado
erfolgreich basarili odendi reussi payé paye exitoso pagado
"""
_FAILED = """
failed failure declined decline error processor_declined gateway_rejected rejected refused soft_declined hard_declined
insufficient_funds settlement_declined unpaid mislukt fehlgeschlagen abgelehnt basarisiz echoue refuse fallido
rechazado charged_back customer_approval_denied verlopen
gestorneerd storno returned bounced rejete impaye insoluto devuelto rucklastschrift zuruckgegeben
"""
_OPEN = (
    "pending_submission pending_customer_approval submitted "
    "pending queued skipped processing incomplete requires_action requires_payment_method canceled cancelled voided "
    "void created"
)
_TRIAL = (
    "trial_expired trial_ended expired_trial teste prueba prova "
    "trialing in_trial trial trialling trial_active on_trial free_trial"
)
_NEVER_BEGAN = (
    "incomplete incomplete_expired future draft pending abandoned pending_activation pending_acceptance "
    "creation_failed failed_to_create awaiting_signup signup_failed not_started lead prospect enquiry inquiry "
    "annulled voided void created fraud fraudulent quoted quote"
)
_FREE = "free freemium comp complimentary"
_LEFT = (
    "desativado desactivado desactive deaktiviert gedeaktiveerd disattivato rescindido "
    "cancelada inativa inactivo encerrada gekundigt beendet opgezegd beeindigd resiliee closed "
    "left gone quit resigned withdrawn "
    "canceled cancelled expired ended terminated deleted lapsed churned cancelled_at_period_end stopped "
    "deactivated disconnected surrendered gekuendigt ausgetreten inaktiv storniert annulee "
    "baja "
    "finalizado cessato disdetto inattivo opzegd uppsagd avslutad avsluttet "
    "opsagt "
    "nieaktywna nieaktywny zakonczona zakonczony rozwiazana wypowiedziana ukoncena zrusena iptal pasif lemondva "
    "megszunt abgelaufen geschlossen ausgelaufen termine expire inactif cloture echu vencido caducado anulado "
    "disdettato scaduto chiuso annullato terminato verlopen inactief geannuleerd gestopt afgesloten wygasla anulowana "
    "zamknieta vyprsela neaktivni vypovezena sona_erdi suresi_doldu feshedildi kapali utgangen upphord ophort "
    "udlobet afsluttet annulleret lejart felmondva reziliat incheiat expirat anulat irtisanottu paattynyt vanhentunut "
    "peruutettu peruttu "
    "lopetettu ei_aktiivinen dibatalkan berhenti kedaluwarsa nonaktif berakhir expirado"
)


_NEGATIONS = "back not no non un nicht niet nao nie ne inte ikke partially partly"


def _stem(word: str) -> str:
    """Return a word without what its gender and number add: cancelado, canceladas."""
    stem = word.rstrip("aeios")
    return stem if len(stem) >= _SHORTEST else word


_SHORTEST = 5
_ACTIONS: dict[str, Action] = {
    **dict.fromkeys(map(_stem, _RETURN.split()), "return"),
    **dict.fromkeys(map(_stem, _REFUSE.split()), "refuse"),
    **dict.fromkeys(map(_stem, _KEEP.split()), "keep"),
}


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", in_latin(word).translate(LETTERS)).encode("ascii", "ignore").decode()
    return "_".join(folded.lower().removeprefix("wc-").replace("-", " ").replace("_", " ").split())


@lru_cache(maxsize=10_000)
def of_sale(word: str) -> Action | None:
    """Return what a status says of an order or invoice, or None when nobody knows; of several words, if they agree.

    >>> of_sale("wc-on-hold"), of_sale("Refunded"), of_sale("Closed Won"), of_sale("blue")
    ('refuse', 'return', 'keep', None)
    >>> of_sale("Cancelled by customer"), of_sale("キャンセル"), of_sale("not delivered yet")
    ('refuse', 'refuse', None)
    """
    plain = _plain(word)
    if _stem(plain) in _ACTIONS:
        return _ACTIONS[_stem(plain)]
    parts = plain.split("_")
    found = {_ACTIONS[stem] for stem in map(_stem, parts) if stem in _ACTIONS}
    return found.pop() if len(found) == 1 and not {*_NEGATIONS.split()} & set(parts) else None


def is_denied(word: str) -> bool:
    """Return whether a status says that something is not so.

    >>> is_denied("Not refunded"), is_denied("none"), is_denied("full")
    (True, True, False)
    """
    return bool({*_NEGATIONS.split(), "none"} & set(_parts(word)))


def is_won(word: str) -> bool:
    """Return whether a stage says that a deal was won; a dispute that was won is the end of a sale made before.

    >>> is_won("Closed Won"), is_won("Dispute won"), is_won("Won't fix")
    (True, False, False)
    """
    parts = set(_parts(word))
    return bool({*_WON.split()} & parts) and not parts & {"dispute", "disputed", "chargeback"}


_WON = """
won gewonnen gagne gagnee ganado ganada ganho vinto vinta vunnet vundet vunnen wygrana wygrany kazanildi vyhrano
megnyert
"""
_NO_SHOW = """
absent missed no_show noshow did_not_attend dna afwezig abwesend nicht_erschienen versaumt non_honore non_venu absente
no_asistio ausente faltou nao_compareceu niet_verschenen assente non_presentato nieobecny nie_stawil_sie uteblev
udeblevet gelmedi
"""
_MISSED = f"""
{_NO_SHOW} late_cancel late_cancelled late_cancellation early_cancel ausgefallen abgesagt manque annule annulee
desmarcado afgezegd disdetto odwolana avbokad aflyst
"""


def is_no_show(word: str) -> bool:
    """Return whether a status says that a customer did not come.

    >>> is_no_show("No-Show"), is_no_show("Cancelled")
    (True, False)
    """
    return _plain(word) in _NO_SHOW.split()


def did_not_take_place(word: str) -> bool:
    """Return whether a status says that a visit, a lesson or a trip did not take place.

    >>> did_not_take_place("No-Show"), did_not_take_place("Cancelled"), did_not_take_place("Signed In")
    (True, True, False)
    """
    plain = _plain(word)
    return plain in _MISSED.split() or plain in ("cancelled", "canceled", "cancelled_by_customer", "aborted")


_AHEAD = """
booked scheduled upcoming reserved planned geplant gebucht reserviert reserve reservee prevu prevue planifie programada
programado reservada reservado agendado agendada gepland geboekt prenotato prenotata zaplanowana zarezerwowana planlagt
bokad bokat
"""
_TOOK_PLACE = """
completed complete attended done finished fulfilled arrived checked_in checked_out checkedout seen showed paid erledigt
abgeschlossen wahrgenommen erschienen honore termine effectue effectuee realizada realizado completado completada
asistio concluido concluida afgerond voltooid completato effettuato zrealizowana genomford
"""


def lies_ahead(word: str, words: Collection[str]) -> bool:
    """Return whether a status says of an appointment that it is still to come: one of ``words`` is a no-show.

    >>> lies_ahead("Booked", {"Booked", "Completed", "No-show"}), lies_ahead("Booked", {"Booked", "Shipped"})
    (True, False)
    """
    plain = {_plain(each) for each in words}
    return _plain(word) in _AHEAD.split() and bool(plain & {*_NO_SHOW.split()}) and bool(plain & {*_TOOK_PLACE.split()})


def of_kind(word: str, words: Collection[str]) -> Action | None:
    """Return what the kind of a row, one of ``words``, says of an amount; None when it says nothing.

    A payment is no sale where invoices stand beside it: it settles one. Beside other ways to pay, credit is one too.

    >>> of_kind("Credit Note", {"Invoice"}), of_kind("Gutschrift", ()), of_kind("General Withdrawal", ())
    ('credit', 'credit', 'refuse')
    >>> of_kind("Payment", {"Invoice", "Payment"}), of_kind("Website Payment", ()), of_kind("credit", {"debit"})
    ('refuse', None, None)
    >>> of_kind("Sales Order", {"Invoice", "Sales Order"}), of_kind("Order", {"Order", "Refund"})
    ('refuse', None)
    """
    parts = set(_parts(_JOINED.sub(r" \1", word)))
    of_others = parts & _BOUGHT and any(not _BOUGHT & {*_parts(_JOINED.sub(r" \1", other))} for other in words)
    if of_others and (parts & {*_DOCUMENTS.split(), *_CREDITS.split()}):
        return "refuse"  # what others sold to the company
    if {"sales", "receipt"} <= parts:
        return None  # a sale that was paid at once
    if code := _of_code(word, words):
        return code
    if parts & _TESTS or parts & set(_NO_SALES.split()):
        return "refuse"
    beside = {part for other in words for part in _parts(other)}
    if parts & set(_CREDITS.split()) and not parts & _CAME_BACK_FOR_MORE:
        return None if (parts | beside) & _METHODS and parts & _ALSO_METHODS else "credit"
    invoiced = beside & set(_DOCUMENTS.split())
    return "refuse" if invoiced and (parts & set(_PAYMENTS.split()) or parts <= _ORDERED) else None


def is_plainly_taken_back(word: str) -> bool:
    """Return whether all words of a kind of row are those of a sale that was taken back, and none says what for.

    >>> is_plainly_taken_back("Credit note"), is_plainly_taken_back("Payment refund (partial)")
    (True, True)
    >>> is_plainly_taken_back("Return shipping label"), is_plainly_taken_back("Credit 60 days")
    (False, False)
    """
    parts = {part.strip("()") for part in _parts(word)} - _PLAIN_PARTS
    taken_back = set(_CREDITS.split())
    listed = {*_DOCUMENTS.split(), *_PAYMENTS.split()} | _METHODS | _ORDERED | _BOUGHT | _SOLD
    return bool(parts & taken_back) and parts <= taken_back | listed


_PLAIN_PARTS = {
    "", "note", "memo", "nota", "partial", "full", "manual", "auto", "gift", "of", "by", "for", "to", "de", "and", "/",
    "&",
}  # fmt: skip
_CAME_BACK_FOR_MORE = {"visit", "visits", "policy", "label"}
"""Words beside which a return is one of a customer, and a refund one that may be: nothing is taken back."""


def is_of_a_sale(word: str) -> bool:
    """Return whether the kind of a row names a sale, its document, its payment or how it was paid.

    >>> is_of_a_sale("Sale"), is_of_a_sale("Zahlung"), is_of_a_sale("card payment"), is_of_a_sale("Kitchen")
    (True, True, True, False)
    """
    listed = {*_DOCUMENTS.split(), *_PAYMENTS.split(), *_NO_SALES.split()}
    return bool({*_parts(word)} & (listed | _METHODS | _ORDERED | _BOUGHT | _SOLD))


def of_document(word: str) -> str | None:
    """Return whether a word is the kind of a document: an invoice, a credit note or a payment; None for others.

    >>> of_document("Invoice"), of_document("Credit Memo"), of_document("Enterprise")
    ('invoice', 'credit', None)
    """
    parts = set(_parts(word))
    kinds = {"credit": _CREDITS, "invoice": _DOCUMENTS, "payment": _PAYMENTS}
    return next((kind for kind, listed in kinds.items() if parts & set(listed.split())), None)


_JOINED = re.compile(r"(?<=[a-z])(invoice|confirmation|credit)(?![a-z]*[ _])")
"""Words of documents as interfaces join them: purchaseinvoice, orderconfirmation."""
_BOUGHT = {"purchase", "purchases", "supplier", "vendor", "einkauf", "einkaufs", "lieferanten", "achat", "compra"}
_SOLD = {
    "charge", "charges", "capture", "captured", "renewal", "subscription", "vente", "ventes", "verkauf", "venta",
    "ventas", "venda", "vendas", "vendita", "verkoop", "salg", "forsaljning", "sprzedaz", "prodej", "satis", "booking",
    "transaction", "einzug", "lastschrift", "abbuchung", "incasso", "prelevement", "creditcard",
}  # fmt: skip
_ORDERED = {
    "sales", "sale", "order", "confirmation", "bestellung", "auftrag", "commande", "pedido", "ordine", "bestelling",
}  # fmt: skip
"""What was ordered is sold by the invoice that stands beside it."""
_CODES: tuple[dict[Action, str], ...] = (
    {"keep": "si", "credit": "sc", "refuse": "sr sa sd sp"},
    {"keep": "f1 f2 l2 s2", "credit": "g2 re s1", "refuse": "f5 f8 iv ig"},
    {"keep": "inv dn", "credit": "cn crn cm", "refuse": "pmt rct pay rcpt"},
    {"keep": "pay pmt sal sale chg", "credit": "cn crn cm ref rfd cbk"},
    {"keep": "re rg ar", "credit": "gs gu", "refuse": "ab an ls"},
    {"keep": "fa fv ft fac fs fact", "credit": "av nc avo abo", "refuse": "bl de dv bc pf"},
    {"keep": "fv fs", "credit": "kor fk kfv dob", "refuse": "pro zal pz wz"},
)
"""What the kinds of documents are called by their codes: in Sage, in SAP (invoice, pro forma, credit memo, debit memo,
returns, cancellation), in English, of invoices and of a till, in German (Rechnung, Gutschrift, Auftragsbestätigung,
Lieferschein), in the Romance languages (factura, avoir, nota de crédito, bon de livraison), and in Polish and Czech."""


def _of_code(word: str, words: Collection[str]) -> Action | None:
    """Return what the code of a document says, where all of them are codes of one system."""
    beside = {_plain(other) for other in words}
    for system in _CODES:
        codes = {code: action for action, several in system.items() for code in several.split()}
        if len(beside) > 1 and beside <= codes.keys() and any(codes[code] == "keep" for code in beside):
            return codes.get(_plain(word))
    return None


def _parts(word: str) -> list[str]:
    return _plain(word).split("_")


_PAUSED = (
    "paused pause on_pause on_hold hold frozen freeze suspended pausiert ruhend ruht stillgelegt eingefroren pausada "
    "en_pausa congelada suspendida suspensa suspendu "
    "gepauzeerd bevroren opgeschort donduruldu dondurulmus askida sospeso sospesa congelato zawieszona zawieszony "
    "pauset vilande pozastaveno szunetel tauolla ausgesetzt gesperrt gele trancado in_pausa geschorst wstrzymana "
    "zamrozona prerusena duraklatildi fryst pa_pause hvilende felfuggesztve suspendat intrerupt keskeytetty "
    "ditangguhkan dijeda"
)


def is_paused(word: str) -> bool:
    """Return whether a status says that a subscription rests for a while.

    >>> is_paused("On hold"), is_paused("pausiert"), is_paused("active")
    (True, True, False)
    """
    return _stem(_plain(word)) in _PAUSED_STEMS


_PAUSED_STEMS = frozenset(map(_stem, _PAUSED.split()))


def of_charge(word: str) -> bool | None:
    """Return whether a charge was collected; a refund was collected first, and what is open is neither.

    >>> of_charge("Paid"), of_charge("Refunded"), of_charge("Failed"), of_charge("Pending")
    (True, True, False, None)
    """
    plain = _plain(word)
    if plain in _COLLECTED.split():
        return True
    return False if plain in _FAILED.split() else None


def is_charge_word(word: str) -> bool:
    """Return whether a word may be the outcome of a charge."""
    return of_charge(word) is not None or _plain(word) in _OPEN.split()


def of_subscription(word: str) -> Literal["trial", "free", "refuse", "left"] | None:
    """Return what a status says of a subscription, beside that it is paid.

    A word with more behind it says the same: cancelled from dunning. At the end of the period it has not happened yet.

    >>> of_subscription("In trial"), of_subscription("incomplete_expired"), of_subscription("active")
    ('trial', 'refuse', None)
    >>> of_subscription("Expirée"), of_subscription("disdettati"), of_subscription("activa")
    ('left', 'left', None)
    >>> of_subscription("Cancelled from dunning"), of_subscription("Cancel at period end")
    ('left', None)
    >>> of_subscription("Pending - New"), of_subscription("Pending cancellation")
    ('refuse', None)
    """
    plain = _plain(word)
    if known := _OF_SUBSCRIPTIONS.get(_stem(plain)):
        return known
    first, *rest = plain.split("_")
    meant = _OF_SUBSCRIPTIONS.get(_stem(first)) if rest else None
    if meant == "refuse" and set(rest) <= _NEW:
        return "refuse"
    return "left" if meant == "left" and not {"at", "pending", "period"} & set(rest) else None


_NEW = {"new", "approval", "application", "registration", "verification", "payment", "first", "signup"}
"""What is pending where nothing has begun yet; a cancellation that is pending is another matter."""


_OF_SUBSCRIPTIONS: dict[str, Literal["trial", "free", "refuse", "left"]] = {
    **dict.fromkeys(map(_stem, _LEFT.split()), "left"),
    **dict.fromkeys(map(_stem, _FREE.split()), "free"),
    **dict.fromkeys(map(_stem, _NEVER_BEGAN.split()), "refuse"),
    **dict.fromkeys(map(_stem, _TRIAL.split()), "trial"),
}


def was_given_up(word: str) -> bool:
    """Return whether a status says that a subscription was cancelled, and not merely that it is over.

    >>> was_given_up("Cancelled by customer"), was_given_up("İptal edildi"), was_given_up("Expired")
    (True, True, False)
    """
    return of_subscription(word) == "left" and means(word, "cancel") and not words(word) & _RAN_OUT


_RAN_OUT = {"expired", "ended", "lapsed", "lapse", "lost", "left", "closed", "inactive", "deactivated"}


def of_purchase(event: str) -> Literal["keep", "credit", ""]:
    """Return keep for the event of a purchase, credit for that of its refund; empty for others.

    >>> of_purchase("purchase"), of_purchase("Order Completed"), of_purchase("order_refunded"), of_purchase("visit")
    ('keep', 'keep', 'credit', '')
    >>> of_purchase("trial_converted"), of_purchase("subscription_started"), of_purchase("trial_started")
    ('keep', 'keep', '')
    """
    parts = words(event)
    if parts & {"refund", "refunded"}:
        return "credit"
    if {"subscription", "started"} <= parts and "trial" not in parts:
        return "keep"
    if parts & {"failed", "started", "viewed", "begin", "abandoned", "cancelled", "canceled"}:
        return ""
    bought = (
        parts & {"purchase", "purchased", "bought", "renewal", "renewed", "topup", "converted"}
        or {"top", "up"} <= parts
    )
    completed = parts & {"order", "checkout", "transaction", "payment"} and parts & _DONE
    return "keep" if bought or completed else ""


_DONE = {"completed", "complete", "placed", "paid", "succeeded", "success", "done"}
