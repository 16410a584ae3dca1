"""Terms of subscriptions: their prices, their ends, and the day until which all is known."""
