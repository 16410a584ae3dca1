"""What to do about each warning sign."""

from __future__ import annotations

PLAYBOOK = {
    "usage": "Call: show what was gained so far and offer a training session.",
    "intent": "Call today: ask what led to it, and offer a smaller plan or a pause.",
    "adoption": "Offer a session on the features the product is bought for.",
    "contact": "Reach out in person on the preferred channel; ask for a second contact person.",
    "contact person": "Get to know the successor, and ask for a second contact person.",
    "channel": "Write by the preferred way, within contact hours.",
    "feedback": "Thank for the answer, ask what is missing, and say what will be done.",
    "support": "Let a senior colleague close the open tickets and report back.",
    "payments": "Write before the next charge: offer another date or means of payment.",
    "contract": "Talk about the goals of the next term before it begins.",
    "silence": "Call: ask how the last order went and offer help with the next.",
    "frequency": "Offer something that goes with what was bought before.",
    "money": "Show what customers with similar orders buy next.",
    "tenure": "Call: ask how things are going and what is planned next.",
    "breadth": "Introduce product groups not bought yet.",
    "returns": "Ask what was wrong with the returned goods and put it right.",
}
"""An action by warning sign."""
WITHOUT_SIGN = "Say thank you, and ask how things are."
"""The action where no sign stands out."""
