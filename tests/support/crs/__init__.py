"""Judging an engine that claims to run the OWASP Core Rule Set: its regression tests, payloads, agreement with another."""
