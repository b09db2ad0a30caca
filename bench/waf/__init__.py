"""What the rule engine costs: `gabion waf replay` and the yardstick over libmodsecurity, in turns."""
