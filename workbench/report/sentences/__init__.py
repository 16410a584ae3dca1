"""The report in words: sentences, cards, the summary, the questions that its sections answer."""
