"""Sessions of PostgreSQL: what a proxy in front of the server costs, ours and pgbouncer's."""
