"""What to do about each warning sign, in a word, where no playbook is asked."""

from __future__ import annotations

BY_SIGN = {
    "usage": "Call: show what was gained so far and offer a training session.",
    "intent": "Call today: ask what led to it, and offer a smaller plan or a pause.",
    "adoption": "Offer a session on the features the product is bought for.",
    "contact": "Reach out in person on the preferred channel; ask for a second contact person.",
    "contact person": "Get to know the successor, and ask for a second contact person.",
    "channel": "Write by the preferred way, within contact hours.",
    "feedback": "Thank for the answer, ask what is missing, and say what will be done.",
    "support": "Let a senior colleague call, and put right what went wrong.",
    "payments": "Offer another date or means of payment.",
    "contract": "Talk about what the contract should bring, and whether it does.",
    "silence": "Call: ask how the last order went and offer help with the next.",
    "frequency": "Offer something that goes with what was bought before.",
    "money": "Show what customers with similar orders buy next.",
    "tenure": "Call: ask how things are going and what is planned next.",
    "breadth": "Introduce product groups not bought yet.",
    "returns": "Ask what was wrong with the returned goods and put it right.",
}
"""An action by warning sign."""
WITHOUT_SIGN = ""
"""Where no sign stands out there is nothing to say."""
