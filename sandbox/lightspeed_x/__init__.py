"""A Lightspeed Retail X-Series account: its books, and the documented read API over HTTP."""
