"""What a well-behaved client's p99 is worth while somebody floods the proxy."""
