"""The words of the field: how CRM, billing, shop and help-desk systems name tables, columns and values.

English first; Dutch, Turkish, German, French, Spanish and Persian in Latin letters beside it.
A word may carry several meanings.
"""

from __future__ import annotations

from functools import cache

MEANINGS = """
customer: customer client account company organisation organization org tenant workspace buyer shopper patron subscriber
customer: member consumer business acct cust guest household user kunde klant relatie afnemer gebruiker lid bedrijf
customer: visitor msno distinct userpseudo appuser cliente clientes
customer: leden klanten mitglied mitglieder abonne socio msisdn
customer: musteri uye hesap kullanici firma sirket moshtari karbar cari logo party
contact: contact contacted person requester people stakeholder user employee contactpersoon kisi shakhs
subscription: subscription sub contract membership agreement licence license abonnement abonelik eshterak sozlesme
subscription: overeenkomst uyelik policy
ticket: ticket case issue helpdesk support request incident complaint inquiry enquiry destek talep sikayet melding
ticket: klacht verzoek tiket darkhast question servicedesk conversation chat
event: event usage activity action log click session interaction telemetry use pageview track visit login engagement
event: gebruik activiteit kullanim etkinlik olay estefade feature
cancel: churn churned cancel cancellation canceled cancelled attrition departure departed exit offboard offboarding
cancel: offboarded terminated termination leaver leave left lost loss quit unsubscribe unsubscribed opzegging opgezegd
cancel: uitgeschreven afgemeld
cancel: notice opzegdatum iptal ayrilma enseraf laghv lapse lapsed deactivated defection
order: order purchase sale transaction basket checkout receipt bestelling siparis sefaresh satis verkoop
order: aankoop kharid trx txn
deal: deal opportunity
line: line lineitem invoiceline regel satir
invoice: invoice bill billing factuur fatura surathesab faktur inv
charge: charge payment transaction attempt collection betaling odeme pardakht trx txn
message: message email mail communication outreach sms notification bericht mesaj payam newsletter mailing
survey: survey nps csat response feedback rating review questionnaire poll enquete anket nazarsanji
consent: consent optin permission gdpr toestemming izin preference
goal: goal expectation objective target doel hedef hadaf
text: text body words content
transfer: transfer handover handoff reassigned reassignment
reply: reply replies touches interactions
agent: agent assignee handler representative medewerker temsilci
budget: budget
refer: referrer referred
treatment: treatment experiment assignment holdout
change: change changed history changelog modification amendment wijziging degisiklik taghir changes
effective: effective
date: date at time timestamp on datetime dt day datum tarih tarihi tarikh ts utc stamp tijd zaman saat gmt
id: id identifier key no nr num number code ref reference uuid guid nummer kod kodu numara pk sid shenase record
start: start started begin began begins activated activation effective from commenced commence begindatum ingangsdatum
start: startdatum baslangic baslama shoru ingang valid live
end: end ended finish finished expire expired expires expiry expiration until einde einddatum bitis payan stopped to
create: create created creation added inserted aangemaakt olusturma ijad aanmaak opened
signup: signup signed register registered registration join joined onboard onboarded enrol enrolled enrollment
signup: ingeschreven aangemeld
signup: kayit registratie inschrijving aanmelding sabtnam acquired since member became
close: close closed closing closure kapanis gesloten afgesloten deactivated kapatma baste
resolve: resolve resolved resolution solve solved fixed completed done opgelost cozum cozulme close closed hal
respond: response respond responded reply replied answer answered reaction reacted antwoord yanit cevap pasokh
open: open opened submit submitted raise raised logged filed received report reported geopend ingediend acilis lodged
open: asked gemeld requested created
reopen: reopen reopened heropend
first: first initial eerste ilk avval
last: last latest recent laatste son
send: sent send delivered dispatched verzonden verstuurd gonderim ersal
due: vencimento scadenza
due: due deadline payable vervaldatum vade sarresid
renew: renew renewable renewal renews next rebill yenileme verlenging tamdid
current: current
cent: cents cent minor
period: duration period term interval frequency cycle cadence recurrence periode periyot dore termijn
trial: trial proef deneme azmayeshi pilot evaluation
pay: paiement zahlung pagamento pago pagato
pay: paid pay payment settled betaald odendi odeme pardakht
void: void voided credited annulled
writeoff: writeoff writtenoff uncollectible baddebt
dispute: dispute disputed chargeback
issue: issue issued invoiced finalized finalised
amount: amount total value sum subtotal revenue gross bedrag tutar mablagh totaal toplam spend omzet ciro fee turnover
price: price rate prijs fiyat gheymat unitprice tariff
quantity: quantity qty count hits units aantal adet miktar tedad volume times
mrr: mrr
monthly: mensal mensile mensuale
monthly: monthly month maandelijks aylik mahane maand monat monatlich mensuel mensual
recurring: recurring recur
margin: margin profit marge sood contribution
product: product item sku stock description article artikel urun kala merchandise goods variant
plan: plan tier package edition level paket pakket tarife tarh bundle
reason: reason cause why motive rationale reden neden sebep dalil driver
comment: comment note text feedback remark verbatim body opmerking toelichting yorum aciklama tozih explanation
country: country nation land ulke keshvar geo territory market
industry: industry sector vertical branche sektor sanat
segment: segment class klasse group
size: size employees headcount fte band grootte buyukluk andaze
source: source channel referral acquisition origin utm medium lead herkomst kaynak kanal manba referrer attribution
channel: channel kanal medium
owner: owner manager csm agent rep sorumlu beheerder responsible
priority: priority severity urgency importance prioriteit oncelik olaviat aciliyet urgentie criticality
kind: kind type category class topic soort categorie tur kategori noe
stage: stage
status: situacao stato estado estatus situation
status: status state stage durum toestand vaziat
score: score rating mark grade stars points puan emtiaz beoordeling waardering cijfer
satisfaction: satisfaction csat happiness tevredenheid memnuniyet rezayat
feature: feature function module functie ozellik vijegi component capability screen page
name: name naam ad adi isim nam title label full
flag: is has flag was
auto: auto automatic automatically autorenew otomatik automatisch
success: succeeded success successful captured approved collected basarili geslaagd
failure: failure failed decline declined error
method: method gateway wijze yontem
card: card kaart kart
direction: direction inbound outbound yon richting
campaign: campaign kampanya campagne
role: role function position rol gorev
instrument: instrument survey
arm: arm variant group bucket
cost: cost expense kosten maliyet hazine cac
outcome: outcome result
return: return refund returned iade retour creditnote creditnotes creditmemo creditmemos gutschrift avoir avoirs
return: creditnota creditfactuur erstattung storno stornorechnung reembolso devolucion remboursement
parent: parent hq ultimate
exclude: exclude excluded internal deleted
preferred: preferred favourite favorite voorkeur tercih
hours: hour hours hrs uur
minutes: minute minutes min mins minuten
seconds: second seconds sec secs
country: region
grant: granted given grant accepted
withdraw: withdrawn revoked withdraw optout unsubscribe unsubscribed unsubscribes
email: email mail
phone: phone mobile tel telephone
seats: seats seat headcount
customer: cliente kundin konto tenants policyholder insured holder accountholder donor constituent supporter reader
customer: debitor inquilino assinante utente socia
subscription: vertrag abo suscripcion abonelik contrat contrato assinatura apolice police polizze
ticket: anfrage meldung incidencia demande claim claims
event: nutzung usage uso utilisation evento aktivitat
cancel: deactivation cancelamento cancelacao churned notificado encerramento disdetta recesso
cancel: inactive attrited kundigung kuendigung gekundigt gekuendigt resiliation baja cancelacion
order: bestellung commande pedido venta vente verkauf
invoice: rechnung facture factura facturen document beleg belge
charge: zahlung paiement pago incasso einzug lastschrift
start: issued beginn debut inicio inception activation inizio
end: revoked ende fin stop termino fim fine scadenza
create: angelegt erstellt cree creado emissao emision emissione emission cadastro
signup: cadastro contact alta provisioned anmeldung inscription sinds seit depuis
close: geschlossen ferme cerrado
resolve: fix erledigt gelost resolu resuelto ttr
respond: ack frt reaktion reponse respuesta
open: eingang ouvert abierto
date: fecha tag am data datas mes mese month monat
id: lfd key
trial: trialing test testphase prueba essai
reason: grund motif motivo
comment: bemerkung kommentar commentaire comentario remark
country: staat pays pais location
industry: sparte secteur
quantity: anzahl menge quantite cantidad
amount: valor premium premie pramie
amount: amt betrag montant importe val beitrag cuota cotisation netto brutto
price: prix precio preis
due: echeance faellig faelligkeit vencimiento
product: produkt produit producto sku articulo artikel
plan: tarif sku formule plano piano
priority: prio sev impact prioritat priorite prioridad
kind: art
score: bewertung nota
satisfaction: zufriedenheit
feature: funktion fonction
source: quelle origen
period: zahlweise periodicite periodicidad
currency: currency valuta usd eur gbp try dollar euro irr
"""

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
        "signed_up_at": "signup date|create date|start date|customer start date|first order date",
        "closed_at": "close date|customer close date|cancel date|end date",
        "parent_id": "parent id|parent customer id",
        "exclude_reason": "exclude reason|exclude",
        "country": "country|country name|country id",
        "segment": "segment|customer segment",
        "industry": "industry|customer industry",
        "customer_type": "customer kind|kind",
        "company_size": "size|customer size",
        "budget": "budget|customer budget",
        "acquisition_channel": "source|source channel|signup source|acquisition channel",
        "referred_by": "refer|refer id|refer customer id|refer customer",
        "acquisition_cost": "source cost|cost|acquisition cost",
        "preferred_channel": "preferred channel|preferred message channel",
        "contact_hours": "contact hours",
        "owner": "owner|customer owner|owner name",
    },
    "subscriptions": {
        "subscription_id": "subscription id|id",
        "customer_id": "customer id|customer",
        "kind": "kind|subscription kind|trial flag|trial|trial period flag",
        "plan": "plan|plan name|product|product name|subscription plan|plan id",
        "started_at": "start date|create date|subscription start date|signup date|current start date",
        "trial_ends_at": "trial end date",
        "cancelled_at": "cancel date",
        "ended_at": "effective end date|end date|subscription end date|close date",
        "renews_at": "renew date|current period end date|renew period date|period end date|current end date",
        "auto_renew": "auto renew|auto renew flag|auto|renew flag|auto renew status",
        "billing_period": "invoice period|period|plan period|pay period|invoice",
        "mrr": "mrr|mrr amount|monthly amount|monthly price|monthly recurring amount|recurring amount|monthly fee"
        "|monthly charge|recurring charge|plan amount|plan price",
        "cancel_reason": "cancel reason|end reason",
    },
    "subscription_changes": {
        "subscription_id": "subscription id",
        "changed_at": "change date|event date|date|effective date",
        "change": "change|change kind|event kind|event",
        "plan": "plan|plan name|new plan",
        "mrr": "mrr|mrr amount|monthly amount|new mrr|amount",
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
        "ordered_at": "order date|create date|date|invoice date|deal close date|close date",
        "amount": "amount|order amount|line amount|price|line price|order price|product amount|pay amount",
        "margin_amount": "margin|margin amount",
        "product": "product|product id|product name|line name|order product name|order product",
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
        "attempted_at": "charge date|create date|date|pay date",
        "succeeded": "success|success flag|pay flag|captured|status|charge status",
        "failure_code": "failure id|failure|failure reason|failure message",
        "method": "method|pay method|charge method|card kind|card",
        "card_expires_at": "card end date",
        "amount": "amount|charge amount|pay amount",
    },
    "tickets": {
        "ticket_id": "ticket id|id",
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "opened_at": "open date|create date|ticket date|date|start date",
        "first_response_at": "first respond date|respond date|first date",
        "resolved_at": "resolve date|close date|end date",
        "reopened_at": "reopen date",
        "kind": "kind|ticket kind",
        "priority": "priority",
        "channel": "channel|ticket channel",
        "agent": "agent|ticket agent",
        "n_replies": "reply|reply quantity",
        "n_transfers": "transfer|transfer quantity",
        "satisfaction": "satisfaction|satisfaction score|score|survey score",
    },
    "events": {
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "occurred_at": "event date|date|create date|start date",
        "event": "feature|feature name|event|event name|event kind|kind|feature id|feature kind",
        "quantity": "quantity|event quantity|feature quantity",
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
        "text": "comment|text|message text",
        "opened_at": "open date",
        "replied_at": "respond date",
    },
    "surveys": {
        "customer_id": "customer id|customer",
        "contact_id": "contact id|contact",
        "answered_at": "respond date|survey date|create date|date|submit date",
        "instrument": "instrument|survey kind|kind",
        "channel": "channel|survey channel",
        "score": "score|survey score|survey",
        "reason": "reason",
        "comment": "comment|survey comment",
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
        "channel": "channel",
        "granted_at": "grant date|consent date|date|create date",
        "withdrawn_at": "withdraw date",
    },
    "treatments": {
        "customer_id": "customer id|customer",
        "treated_at": "treatment date|date|assignment date",
        "campaign": "campaign|campaign name|campaign id",
        "arm": "arm|treatment arm",
        "contacted_at": "contact date",
        "cost": "cost",
        "outcome": "outcome",
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


FLAG_WORDS = "true false yes no y n t f 1 0 ja nee evet hayir bale"
TRUE_WORDS = ("true", "yes", "y", "t", "1", "ja", "evet", "bale")


@cache
def meanings() -> dict[str, frozenset[str]]:
    """Return each known word with its meanings.

    >>> sorted(meanings()["klant"])
    ['customer']
    """
    found: dict[str, set[str]] = {}
    for line in MEANINGS.strip().splitlines():
        meaning, words = line.split(": ")
        for word in [meaning, *words.split()]:
            found.setdefault(word, set()).add(meaning)
    return {word: frozenset(several) for word, several in found.items()}
