"""Shopify's side: order bodies as they arrive, and the Admin GraphQL API."""
