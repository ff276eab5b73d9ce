"""A Lightspeed Retail R-Series account: what the connector writes, and the read API over HTTP."""
