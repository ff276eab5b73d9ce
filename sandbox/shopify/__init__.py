"""Shopify as the sandbox plays it: webhooks out, Admin GraphQL and tokens in."""
