"""What a sale is worth: its lines and total, discounts, tax, one piece or all, and what was refunded."""
