"""Other ways to receive a webhook, measured beside our own: what a Shopify developer would pick, and the naive route."""
