"""The odds of leaving, given what the tables show: exactly, by going through all states three months ahead.

A *cell* is what does not change by chance (size, term and its phase, renewal habit, months of poor onboarding left); a
*mask* says which signs were shown in the month before. Arrays are cells × masks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.demo import scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELL_SQL = (
    "size + 3 * (((m - phase0) % term) + 12 * "
    "(CASE term WHEN 1 THEN 0 WHEN 3 THEN 1 ELSE 2 END + 3 * (renewal + 3 * onboarding_left)))"
)
"""The cell of a customer in month m; ``cells_of`` reads it back."""

MANUAL, STOPS, STAYS = 0, 1, 2
"""How a customer renews: by hand; by itself until intent is shown; by itself always."""


@dataclass(frozen=True)
class Cells:
    """The meaning of a cell, one entry per cell."""

    size: Ints
    phase: Ints
    term: Ints
    renewal: Ints
    onboarding_left: Ints

    def later(self, months: int) -> Cells:
        """Return the same customers some months later."""
        phase = (self.phase + months) % np.array(scenario.TERMS)[self.term]
        return Cells(self.size, phase, self.term, self.renewal, np.maximum(self.onboarding_left - months, 0))


@dataclass(frozen=True)
class Month:
    """Probabilities of one month, cells × masks: each way to leave, a pause, and to stay."""

    active: Floats
    financial: Floats
    passive: Floats
    pause: Floats

    @property
    def stay(self) -> Floats:
        """Probability to be a paying customer a month later."""
        return 1 - self.active - self.financial - self.passive - self.pause

    @property
    def lost(self) -> Floats:
        """Probability to leave and not to be back within the grace period."""
        return (self.active + self.passive) * (1 - scenario.QUICK_RETURN) + self.financial


def cells_of(codes: Ints) -> Cells:
    """Return what cell codes stand for.

    >>> cells_of(np.array([2 + 3 * (11 + 12 * (2 + 3 * (1 + 3 * 4)))]))
    Cells(size=array([2]), phase=array([11]), term=array([2]), renewal=array([1]), onboarding_left=array([4]))
    """
    rest, size = np.divmod(codes, 3)
    rest, phase = np.divmod(rest, 12)
    rest, term = np.divmod(rest, 3)
    onboarding_left, renewal = np.divmod(rest, 3)
    return Cells(size, phase, term, renewal, onboarding_left)


def _shown(sign: str) -> npt.NDArray[np.bool_]:
    return (np.arange(scenario.MASKS) & scenario.BIT[sign]) > 0


def _sign_logits() -> Floats:
    logits: Floats = np.stack([_shown(sign.name) * sign.strength for sign in scenario.SIGNS]).sum(axis=0)
    return logits


def month_chances(cells: Cells, calendar_month: int, *, offer: bool) -> Month:
    """Return the probabilities of one month (calendar_month 1 to 12), with or without an offer that works."""
    signs = _sign_logits() + (scenario.ONBOARDING_STRENGTH * (cells.onboarding_left > 0))[:, None]
    signs = signs + np.array(scenario.SIZE_LOGITS)[cells.size][:, None] + (scenario.OFFER_LOGIT if offer else 0.0)
    length = np.array(scenario.TERMS)[cells.term]
    near_renewal = (length > 1) & (cells.phase >= length - 2)
    base = np.array(scenario.ACTIVE_LOGITS)[cells.term] + scenario.RENEWAL_LOGIT * near_renewal
    active = np.exp(signs + (base + scenario.SEASON_LOGITS[calendar_month - 1])[:, None])
    by_hand = (cells.renewal == MANUAL)[:, None] | ((cells.renewal == STOPS)[:, None] & _shown("intent"))
    runs_out = by_hand & (cells.phase == 0)[:, None]
    passive = np.where(runs_out, np.exp(signs + np.array(scenario.PASSIVE_LOGITS)[cells.term][:, None]), 0.0)
    financial = np.broadcast_to(np.where(_shown("payment"), np.exp(scenario.FINANCIAL_LOGIT), 0.0), active.shape)
    pause = np.broadcast_to(np.where(length == 1, np.exp(scenario.PAUSE_LOGIT), 0.0)[:, None], active.shape)
    whole = 1 + active + passive + financial + pause
    return Month(active / whole, financial / whole, passive / whole, pause / whole)


def _expected(ahead: Floats, cells: Cells) -> Floats:
    """Return the mean of next month's value over the signs this month may show."""
    for place, sign in enumerate(scenario.SIGNS):
        # An invoice can only be late in a month that has one: the first of a term.
        possible = (cells.phase == 0)[:, None, None] if sign.name == "payment" else np.ones((1, 1, 1))
        split = ahead.reshape(len(cells.size), -1, 2, 1 << place)
        off, on = split[:, :, 0, :], split[:, :, 1, :]
        mixed = [off + (on - off) * possible * chance for chance in (sign.starts, sign.stays)]
        ahead = np.stack(mixed, axis=2).reshape(len(cells.size), scenario.MASKS)
    return ahead


def loss_ahead(cells: Cells, month: int, calendar_month: int, months: int) -> tuple[Floats, Floats, Floats]:
    """Return the probability to be lost within ``months``, seen from the first midnight of a month.

    Three cases: a customer does not respond to offers; does, but was not reached by the latest; does and was reached.
    """
    nobody = untouched = reached = np.zeros((len(cells.size), scenario.MASKS))
    newly = scenario.CAMPAIGN_SHARE * (1 - scenario.CONTROL_SHARE) * scenario.REACHED_SHARE
    for ahead in reversed(range(months)):
        then, now = cells.later(ahead), month + ahead
        season = (calendar_month - 1 + ahead) % 12 + 1
        plain = month_chances(then, season, offer=False)
        helped = month_chances(then, season, offer=True) if scenario.is_protected(now) else plain
        if scenario.is_campaign(now):
            untouched = reached = newly * reached + (1 - newly) * untouched
        before = nobody, untouched, reached
        nobody = _a_month_on(plain, nobody, then)
        # Far from a campaign the cases are one and the same.
        untouched = nobody if before[1] is before[0] else _a_month_on(plain, untouched, then)
        same = helped is plain and before[2] is before[1]
        reached = untouched if same else _a_month_on(helped, reached, then)
    return nobody, untouched, reached


def _a_month_on(chances: Month, ahead: Floats, cells: Cells) -> Floats:
    """Return the loss ahead as a month before sees it."""
    return chances.lost + chances.stay * _expected(ahead, cells)


def chance_table(codes: Ints, month: int, calendar_month: int) -> dict[str, npt.NDArray[np.generic]]:
    """Return one entry per cell and mask: ``key`` (cell × 256 + mask), this month's chances, and the loss ahead."""
    cells = cells_of(codes)
    plain = month_chances(cells, calendar_month, offer=False)
    helped = month_chances(cells, calendar_month, offer=True) if scenario.is_protected(month) else plain
    table: dict[str, npt.NDArray[np.generic]] = {
        "key": (codes[:, None] * scenario.MASKS + np.arange(scenario.MASKS)).ravel(),
    }
    for case, chances in (("plain", plain), ("helped", helped)):
        for way in ("active", "financial", "passive", "pause"):
            table[f"{way}_{case}"] = getattr(chances, way).ravel()
    for days, months in scenario.HORIZON_MONTHS.items():
        for case, loss in zip(
            ("nobody", "untouched", "reached"), loss_ahead(cells, month, calendar_month, months), strict=True
        ):
            table[f"p{days}_{case}"] = loss.ravel()
    return table
