"""A Heartland Retail account to play against: it holds the truth, and speaks only what is documented."""
